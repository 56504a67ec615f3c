//! The questions, one theme a file.

use crate::question::Question;

#[cfg(feature = "demo")]
pub mod demo;
pub mod draw_list;
pub mod entities;
pub mod growth;
pub mod handles;
pub mod holders;
pub mod lists;
pub mod modes;
pub mod pages;
pub mod resets;
pub mod structures;
pub mod texts;
pub mod values;

/// All of them, in the order of the results.
#[must_use]
pub fn all() -> Vec<Question> {
    let mut questions = values::questions();
    questions.extend(entities::questions());
    questions.extend(resets::questions());
    questions.extend(pages::questions());
    questions.extend(lists::questions());
    questions.extend(texts::questions());
    questions.extend(holders::questions());
    questions.extend(draw_list::questions());
    questions.extend(handles::questions());
    questions.extend(structures::questions());
    questions.extend(growth::questions());
    questions.extend(modes::questions());
    #[cfg(feature = "demo")]
    questions.extend(demo::questions());
    questions
}

//! The questions, one a file.

use crate::question::Question;

pub mod entities;
pub mod handles;
pub mod resets;
pub mod values;

/// All of them, in the order of the results.
#[must_use]
pub fn all() -> Vec<Question> {
    let mut questions = values::questions();
    questions.extend(entities::questions());
    questions.extend(resets::questions());
    questions.extend(handles::questions());
    questions
}

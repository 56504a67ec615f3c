//! A calculator: tokens, a syntax tree and its evaluation, all in one arena.
//!
//! Every node is a plain reference with the arena's lifetime, so the tree needs no `Box`, costs a
//! pointer move per node, and goes at once. Errors are values with the column where they arose.
//!
//! `cargo run --example expression -- "2 * (3 + 4)" "1 / 0"`

use std::fmt;
use std::iter::Peekable;
use std::process::ExitCode;

use frame_arena::{FrameArena, FrameVec};

const SAMPLES: [&str; 4] = ["1 + 2 * 3", "(1 + 2) * -3", "2.5 * (8 - 4) / 5", "1 - 2 - 3"];

/// Parentheses and signs inside each other; more would use up the stack.
const MAX_DEPTH: usize = 200;

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let mut arena = FrameArena::new();
    let mut exit = ExitCode::SUCCESS;
    let samples = SAMPLES.map(String::from);
    for text in if given.is_empty() { &samples[..] } else { &given } {
        match calculate(text, &arena) {
            Ok(value) => println!("{text} = {value}"),
            Err(error) => {
                println!("{text}\n{:column$}^ {error}", "", column = error.column - 1);
                exit = ExitCode::FAILURE;
            }
        }
        arena.reset();
    }
    exit
}

fn calculate(text: &str, arena: &FrameArena) -> Result<f64, ExprError> {
    let tokens = tokenize(text, arena)?;
    let end_column = text.chars().count() + 1;
    let mut parser = Parser { tokens: tokens.iter().peekable(), end_column, arena };
    let tree = parser.sum(0)?;
    match parser.tokens.next() {
        Some(&Token { symbol: Symbol::Close, column }) => {
            Err(ExprError { column, fault: Fault::UnopenedParen })
        }
        Some(&Token { column, .. }) => Err(ExprError { column, fault: Fault::NoOperator }),
        None => tree.evaluate(arena),
    }
}

// ---- errors ----

/// What is wrong, and in which column, counted from 1.
#[derive(Debug, PartialEq)]
struct ExprError {
    column: usize,
    fault: Fault,
}

#[derive(Debug, PartialEq)]
enum Fault {
    UnexpectedCharacter(char),
    BadNumber,
    NoOperand,
    UnclosedParen { opened_column: usize },
    UnopenedParen,
    NoOperator,
    TooDeep,
    DivisionByZero,
}

impl fmt::Display for ExprError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: ", self.column)?;
        match &self.fault {
            Fault::UnexpectedCharacter(character) => {
                write!(f, "unexpected character {character:?}")
            }
            Fault::BadNumber => write!(f, "this is no number"),
            Fault::NoOperand => write!(f, "a number or '(' is missing"),
            Fault::UnclosedParen { opened_column } => {
                write!(f, "')' is missing for the '(' in column {opened_column}")
            }
            Fault::UnopenedParen => write!(f, "'(' is missing for this ')'"),
            Fault::NoOperator => write!(f, "an operator is missing"),
            Fault::TooDeep => write!(f, "more than {MAX_DEPTH} levels"),
            Fault::DivisionByZero => write!(f, "division by zero"),
        }
    }
}

impl std::error::Error for ExprError {}

// ---- tokens ----

#[derive(Clone, Copy, Debug, PartialEq)]
enum Symbol {
    Number(f64),
    Plus,
    Minus,
    Times,
    Over,
    Open,
    Close,
}

#[derive(Clone, Copy, Debug)]
struct Token {
    symbol: Symbol,
    column: usize,
}

fn tokenize<'arena>(text: &str, arena: &'arena FrameArena) -> Result<&'arena [Token], ExprError> {
    let mut tokens = FrameVec::with_capacity_in(text.len(), arena);
    let mut characters = text.char_indices().zip(1..).peekable();
    while let Some(((start, character), column)) = characters.next() {
        let symbol = match character {
            ' ' => continue,
            '+' => Symbol::Plus,
            '-' => Symbol::Minus,
            '*' => Symbol::Times,
            '/' => Symbol::Over,
            '(' => Symbol::Open,
            ')' => Symbol::Close,
            '0'..='9' | '.' => {
                let mut end = start + 1;
                while let Some(((at, '0'..='9' | '.'), _)) = characters.peek() {
                    end = at + 1;
                    characters.next();
                }
                let bad = |_| ExprError { column, fault: Fault::BadNumber };
                Symbol::Number(text[start..end].parse().map_err(bad)?)
            }
            _ => return Err(ExprError { column, fault: Fault::UnexpectedCharacter(character) }),
        };
        tokens.push(Token { symbol, column });
    }
    Ok(tokens.into_slice())
}

// ---- tree ----

/// A node of the tree; its children are nodes in the same arena.
#[derive(Debug)]
enum Expr<'arena> {
    Number(f64),
    Negated(&'arena Expr<'arena>),
    Operation { operator: Token, left: &'arena Expr<'arena>, right: &'arena Expr<'arena> },
}

impl<'arena> Expr<'arena> {
    fn evaluate(&self, arena: &FrameArena) -> Result<f64, ExprError> {
        // `1 - 2 - 3 ..` leans left, and as far as the text is long: walked down and up in a loop,
        // since recursion would need as much stack. What leans right is at most MAX_DEPTH deep.
        let mut pending = FrameVec::new_in(arena);
        let mut node = self;
        let mut value = loop {
            match node {
                Self::Number(value) => break *value,
                Self::Negated(inner) => break -inner.evaluate(arena)?,
                Self::Operation { operator, left, right } => {
                    pending.push((operator, right));
                    node = left;
                }
            }
        };
        while let Some((operator, right)) = pending.pop() {
            value = apply(*operator, value, right.evaluate(arena)?)?;
        }
        Ok(value)
    }
}

fn apply(operator: Token, left: f64, right: f64) -> Result<f64, ExprError> {
    match operator.symbol {
        Symbol::Plus => Ok(left + right),
        Symbol::Minus => Ok(left - right),
        Symbol::Times => Ok(left * right),
        _ if right == 0.0 => {
            Err(ExprError { column: operator.column, fault: Fault::DivisionByZero })
        }
        _ => Ok(left / right),
    }
}

/// One method for each level of binding: sum, product, operand.
struct Parser<'arena, T: Iterator<Item = &'arena Token>> {
    tokens: Peekable<T>,
    /// Where something that is missing at the end would stand.
    end_column: usize,
    arena: &'arena FrameArena,
}

impl<'arena, T: Iterator<Item = &'arena Token>> Parser<'arena, T> {
    fn next_if(&mut self, symbols: [Symbol; 2]) -> Option<Token> {
        self.tokens.next_if(|token| symbols.contains(&token.symbol)).copied()
    }

    fn operation(
        &self,
        operator: Token,
        left: &'arena Expr<'arena>,
        right: &'arena Expr<'arena>,
    ) -> &'arena Expr<'arena> {
        self.arena.alloc(Expr::Operation { operator, left, right })
    }

    fn sum(&mut self, depth: usize) -> Result<&'arena Expr<'arena>, ExprError> {
        let mut left = self.product(depth)?;
        while let Some(operator) = self.next_if([Symbol::Plus, Symbol::Minus]) {
            let right = self.product(depth)?;
            left = self.operation(operator, left, right);
        }
        Ok(left)
    }

    fn product(&mut self, depth: usize) -> Result<&'arena Expr<'arena>, ExprError> {
        let mut left = self.operand(depth)?;
        while let Some(operator) = self.next_if([Symbol::Times, Symbol::Over]) {
            let right = self.operand(depth)?;
            left = self.operation(operator, left, right);
        }
        Ok(left)
    }

    fn operand(&mut self, depth: usize) -> Result<&'arena Expr<'arena>, ExprError> {
        let Some(&Token { symbol, column }) = self.tokens.next() else {
            return Err(ExprError { column: self.end_column, fault: Fault::NoOperand });
        };
        if depth > MAX_DEPTH {
            return Err(ExprError { column, fault: Fault::TooDeep });
        }
        match symbol {
            Symbol::Number(value) => Ok(self.arena.alloc(Expr::Number(value))),
            Symbol::Minus => {
                let inner = self.operand(depth + 1)?;
                Ok(self.arena.alloc(Expr::Negated(inner)))
            }
            Symbol::Open => {
                let inner = self.sum(depth + 1)?;
                self.close(column)?;
                Ok(inner)
            }
            _ => Err(ExprError { column, fault: Fault::NoOperand }),
        }
    }

    fn close(&mut self, opened_column: usize) -> Result<(), ExprError> {
        let fault = Fault::UnclosedParen { opened_column };
        match self.tokens.next() {
            Some(Token { symbol: Symbol::Close, .. }) => Ok(()),
            Some(other) => Err(ExprError { column: other.column, fault }),
            None => Err(ExprError { column: self.end_column, fault }),
        }
    }
}

//! What the pages of both services share: the layout, the style sheet, the security headers, the words
//! for the status of a cell, the set-up of the logs. No route, no database, no rule.

pub mod entetes;
pub mod journal;
pub mod page;
pub mod statut;

pub use page::{Accessibilite, Lien, Page, STYLE};

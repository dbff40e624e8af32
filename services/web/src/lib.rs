//! What the pages of both services share: the layout, the style sheet, the security headers, the words
//! for the status of a cell, tables and their exports, charts, the set-up of the logs. No route, no database, no rule.

pub mod document;
pub mod entetes;
pub mod graphique;
pub mod journal;
pub mod page;
pub mod statut;
pub mod table;

pub use page::{Accessibilite, Avis, Cote, Geste, Lien, Page, STYLE, Ton};
pub use table::{Cellule, Colonne, Table, Valeur};

//! What the pages of both services share: the layout, the style sheet, the security headers, the words
//! for the status of a cell, tables and their exports, charts, settings, logs, traces and measures. No database, no rule.

pub mod certificat;
pub mod document;
pub mod entetes;
pub mod graphique;
pub mod journal;
pub mod mesures;
pub mod page;
pub mod reglage;
pub mod statut;
pub mod table;
pub mod trace;
pub mod typographie;

pub use page::{Accessibilite, Avis, Cote, Geste, Lien, Page, STYLE, Ton};
pub use table::{Cellule, Colonne, Table, Valeur};

//! The check language of a jeu file: a dozen kinds of check, each a table of its own with typed keys.
//! There is no expression to parse; what a check says is what its keys say. `examen` applies them.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Deserialize;
use toml::Spanned;

use crate::cellule::Ventilation;
use crate::controle::Severite;

/// A figure in a check: a cell of this period or of the one before, or the sum of a measure over an axis.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operande {
    /// Measure.
    pub mesure: String,
    /// Coordinates; none for the total.
    #[serde(default)]
    pub ventilation: BTreeMap<String, String>,
    /// The figure is the sum of the keyed cells over this axis, not the total as it is printed.
    #[serde(default)]
    pub somme_sur: Option<String>,
    /// The figure is that of the period before.
    #[serde(default)]
    pub precedente: bool,
    /// What multiplies it, possibly negative.
    #[serde(default = "un")]
    pub poids: Decimal,
    /// A parameter of the jeu that multiplies it too.
    #[serde(default)]
    pub parametre: Option<String>,
}

impl Operande {
    /// Its coordinates.
    pub fn place(&self) -> Ventilation {
        Ventilation::nouvelle(self.ventilation.clone())
    }
}

fn un() -> Decimal {
    Decimal::ONE
}

fn cent() -> Decimal {
    Decimal::ONE_HUNDRED
}

/// What every check has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tete<'a> {
    pub code: &'a str,
    pub severite: Severite,
    pub regle: &'a str,
}

/// Declares the kinds of check: each has a code, a weight and a rule in French beside its own keys.
macro_rules! genres {
    ($($(#[$doc:meta])* $nom:ident { $($(#[$doc_cle:meta])* $cle:ident: $type:ty),* $(,)? })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
            #[serde(deny_unknown_fields)]
            pub struct $nom {
                /// Code, of the catalogue when it has the rule.
                pub code: String,
                /// How much a breach weighs.
                pub severite: Severite,
                /// The rule, in one French sentence.
                pub regle: String,
                $($(#[$doc_cle])* pub $cle: $type,)*
            }

            impl $nom {
                pub(super) fn tete(&self) -> Tete<'_> {
                    Tete { code: &self.code, severite: self.severite, regle: &self.regle }
                }
            }
        )*
    };
}

genres! {
    /// The total of a measure is the sum of its cells over an axis; a grouping is the sum of its values.
    Somme {
        /// Measure.
        mesure: String,
        /// Axis added up.
        axe: String,
        /// Gap allowed, for rounded figures.
        #[serde(default)]
        tolerance: Decimal,
    }
    /// Parts over an axis make up a hundred per cent.
    Parts {
        /// Measure, a share.
        mesure: String,
        /// Axis whose values share the whole.
        axe: String,
        /// The whole.
        #[serde(default = "cent")]
        total: Decimal,
        /// Gap allowed, for rounded figures.
        #[serde(default)]
        tolerance: Decimal,
    }
    /// A figure is a sum of others, each with its weight: stock and flow, equality across tables.
    Identite {
        /// What must equal the sum.
        total: Operande,
        /// What is added up.
        parties: Vec<Operande>,
        /// Gap allowed.
        #[serde(default)]
        tolerance: Decimal,
    }
    /// A figure lies between two others, or two constants.
    Borne {
        /// The figure.
        valeur: Operande,
        /// Not under this figure.
        #[serde(default)]
        plancher: Option<Operande>,
        /// Not over this figure.
        #[serde(default)]
        plafond: Option<Operande>,
        /// Not under this constant.
        #[serde(default)]
        min: Option<Decimal>,
        /// Not over this constant.
        #[serde(default)]
        max: Option<Decimal>,
    }
    /// A ratio, in per cent, lies between two constants.
    Ratio {
        /// Above the line.
        numerateur: Operande,
        /// Below the line; nothing is checked when it is zero.
        denominateur: Operande,
        /// Not under this.
        #[serde(default)]
        min: Option<Decimal>,
        /// Not over this.
        #[serde(default)]
        max: Option<Decimal>,
    }
    /// A figure does not vary, against the period before, by more than so many per cent; or two figures vary
    /// the same way.
    Variation {
        /// The figure.
        valeur: Operande,
        /// Largest rise, in per cent.
        #[serde(default)]
        hausse_max: Option<Decimal>,
        /// Largest fall, in per cent.
        #[serde(default)]
        baisse_max: Option<Decimal>,
        /// A figure that must not go the other way.
        #[serde(default)]
        comme: Option<Operande>,
    }
    /// A cell of a measure is filled for each value of an axis; a true zero is written 0.
    Presence {
        /// Measure.
        mesure: String,
        /// Axis.
        axe: String,
    }
    /// A field of each record keeps within bounds.
    Rangee {
        /// List.
        liste: String,
        /// Field.
        champ: String,
        /// Not under this constant.
        #[serde(default)]
        min: Option<Decimal>,
        /// Not over this constant.
        #[serde(default)]
        max: Option<Decimal>,
        /// Not under this parameter at the end of the period.
        #[serde(default)]
        min_parametre: Option<String>,
        /// Not over this parameter at the end of the period.
        #[serde(default)]
        max_parametre: Option<String>,
        /// Exactly this: a code, `oui` or `non`.
        #[serde(default)]
        egal: Option<String>,
        /// Does not apply to records whose fields have these values.
        #[serde(default)]
        sauf: BTreeMap<String, String>,
    }
    /// A field of each record is the product of others and of parameters.
    Produit {
        /// List.
        liste: String,
        /// Field that holds the product.
        champ: String,
        /// Fields multiplied.
        facteurs: Vec<String>,
        /// Parameters multiplied, as they stand at the end of the period.
        #[serde(default)]
        parametres: Vec<String>,
        /// Gap allowed.
        #[serde(default)]
        tolerance: Decimal,
    }
    /// A figure is the sum of a field over the records, or their number.
    Cumul {
        /// The figure.
        total: Operande,
        /// List.
        liste: String,
        /// Field added up; without it, records are counted.
        #[serde(default)]
        champ: Option<String>,
        /// Only records whose fields have these values.
        #[serde(default)]
        si: BTreeMap<String, String>,
        /// Gap allowed.
        #[serde(default)]
        tolerance: Decimal,
    }
}

/// The checks of a jeu, by kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Controles {
    /// Sums over an axis.
    pub somme: Vec<Spanned<Somme>>,
    /// Shares of a whole.
    pub parts: Vec<Spanned<Parts>>,
    /// Sums between cells.
    pub identite: Vec<Spanned<Identite>>,
    /// Bounds of a figure.
    pub borne: Vec<Spanned<Borne>>,
    /// Bounds of a ratio.
    pub ratio: Vec<Spanned<Ratio>>,
    /// Against the period before.
    pub variation: Vec<Spanned<Variation>>,
    /// Cells that must be filled.
    pub presence: Vec<Spanned<Presence>>,
    /// Bounds of a field.
    pub rangee: Vec<Spanned<Rangee>>,
    /// Products within a record.
    pub produit: Vec<Spanned<Produit>>,
    /// Sums over records.
    pub cumul: Vec<Spanned<Cumul>>,
}

impl Controles {
    /// Code and weight of every check.
    pub fn tous(&self) -> Vec<(&str, Severite)> {
        macro_rules! de {
            ($($genre:ident),*) => {{
                let mut tous = Vec::new();
                $(tous.extend(self.$genre.iter().map(|r| (r.get_ref().code.as_str(), r.get_ref().severite)));)*
                tous
            }};
        }
        de!(somme, parts, identite, borne, ratio, variation, presence, rangee, produit, cumul)
    }
}

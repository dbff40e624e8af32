//! What the text of a document says, as facts that can be compared with its tables. Each fact may name the place it was
//! read at (`source`). No fact is about a person.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;

use super::nombre::{Nombre, Texte};

macro_rules! fait {
    ($(#[$doc:meta])* $nom:ident { $($(#[$champ:meta])* $identifiant:ident : $genre:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $nom {
            $($(#[$champ])* pub $identifiant: $genre,)*
            /// Where it was read.
            #[serde(default)]
            pub source: Option<String>,
        }
    };
}

/// Facts of the text, by kind.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recit {
    /// Fields of the form’s header that the text gives.
    pub en_tete: BTreeMap<String, Texte>,
    /// Results.
    pub resultats: Vec<ResultatDit>,
    /// What became of persons.
    pub devenirs: Vec<Devenirs>,
    /// Amounts tied to a sub-axis.
    pub references: Vec<Reference>,
    /// Names given to a sub-axis.
    pub libelles: Vec<LibelleCite>,
    /// Ways in which one thing is defined.
    pub definitions: Vec<Formulations>,
    /// Headings of each sub-axis.
    pub rubriques: BTreeMap<String, Vec<String>>,
    /// Periods of the convention.
    pub periodes: Vec<PeriodeDite>,
    /// Units an action is counted in.
    pub unites: Vec<Unites>,
    /// Staff of the policy.
    pub etp: Option<Etp>,
    /// Rates over a staff.
    pub taux: Vec<TauxDit>,
    /// A number said several times.
    pub effectifs: Vec<EffectifDit>,
    /// Evolutions.
    pub evolutions: Vec<Evolution>,
    /// Prices times quantities.
    pub prix: Vec<PrixDit>,
    /// Lists that announce how many things they hold.
    pub enumerations: Vec<Enumeration>,
    /// Names of one thing.
    pub appellations: Vec<Formulations>,
    /// Dates of effect.
    pub effets: Vec<Effet>,
    /// Totals and their parts, over several periods.
    pub totaux: Vec<Serie>,
}

fait! {
    /// A result that the text gives for a line of the bilan.
    ResultatDit {
        /// Code or title of the line.
        ligne: String,
        /// The result.
        valeur: Nombre,
    }
}
fait! {
    /// What became of a group of persons; all counts.
    Devenirs {
        /// Which group.
        libelle: String,
        /// How many they were.
        effectif: Nombre,
        /// How many the text announces, when it is not all of them.
        #[serde(default)]
        annonce: Option<Nombre>,
        /// How many for each outcome.
        devenirs: BTreeMap<String, Nombre>,
    }
}
fait! {
    /// A sub-axis cited in the section of another.
    Reference {
        /// Sub-axis of the section.
        action: String,
        /// Sub-axis that is cited.
        cite: String,
        /// Amount tied to it.
        #[serde(default)]
        montant_eur: Option<Nombre>,
    }
}
fait! {
    /// The name given to a sub-axis in its own section.
    LibelleCite {
        /// Sub-axis of the section.
        action: String,
        /// Name that is cited.
        cite: String,
    }
}
fait! {
    /// Several wordings of one thing.
    Formulations {
        /// What is named.
        objet: String,
        /// Its wordings.
        formulations: Vec<String>,
    }
}
fait! {
    /// A period of the convention.
    PeriodeDite {
        /// First year.
        debut: Texte,
        /// Last year.
        fin: Texte,
    }
}
fait! {
    /// Units an action is counted in.
    Unites {
        /// Code of the action.
        action: String,
        /// Units.
        unites: Vec<String>,
    }
}
fait! {
    /// Staff of the policy, service by service.
    Etp {
        /// Services.
        services: Vec<ServiceEtp>,
        /// Total staff printed.
        #[serde(default)]
        total_etp_imprime: Option<Nombre>,
        /// Total given to the policy, printed.
        #[serde(default)]
        total_imprime: Option<Nombre>,
    }
}
fait! {
    /// A service and its functions.
    ServiceEtp {
        /// Name of the service.
        libelle: String,
        /// Functions.
        lignes: Vec<FonctionEtp>,
        /// Sub-total printed.
        #[serde(default)]
        sous_total_imprime: Option<Nombre>,
    }
}
fait! {
    /// A function: its staff and the share given to the policy.
    FonctionEtp {
        /// Function, never a name.
        fonction: String,
        /// Staff.
        etp: Nombre,
        /// Share, in percent.
        part_pct: Nombre,
    }
}
fait! {
    /// A rate over a staff.
    TauxDit {
        /// What is measured.
        libelle: String,
        /// Above the line.
        numerateur: Nombre,
        /// Below the line.
        denominateur: Nombre,
        /// Rate printed, in percent.
        taux_imprime_pct: Nombre,
    }
}
fait! {
    /// A number said several times, with its parts when they are known.
    EffectifDit {
        /// What is counted.
        libelle: String,
        /// The values said.
        valeurs: Vec<Nombre>,
        /// Its parts.
        #[serde(default)]
        detail: BTreeMap<String, Nombre>,
    }
}
fait! {
    /// An evolution between two amounts.
    Evolution {
        /// What evolves.
        libelle: String,
        /// Before.
        de: Nombre,
        /// After.
        a: Nombre,
        /// Evolution printed, in percent.
        taux_imprime_pct: Nombre,
    }
}
fait! {
    /// A price times a quantity, and a lump sum when there is one.
    PrixDit {
        /// What is paid.
        libelle: String,
        /// Price of a unit.
        prix: Nombre,
        /// Units.
        quantite: Nombre,
        /// Lump sum.
        #[serde(default)]
        forfait: Option<Nombre>,
        /// Amount printed.
        montant: Nombre,
    }
}
fait! {
    /// A list that announces how many things it holds.
    Enumeration {
        /// What is listed.
        libelle: String,
        /// How many are announced.
        annonce: u32,
        /// How many are listed.
        liste: u32,
    }
}
fait! {
    /// When a decision takes effect.
    Effet {
        /// What is decided.
        libelle: String,
        /// Day of the decision.
        decision: NaiveDate,
        /// Day it takes effect.
        effet: NaiveDate,
    }
}
fait! {
    /// A total and its parts, period by period.
    Serie {
        /// What is added.
        libelle: String,
        /// Check it is told under; `C-FI-07` unless said.
        #[serde(default)]
        controle: Option<String>,
        /// Periods.
        periodes: Vec<Texte>,
        /// Totals printed, one for each period.
        total: Vec<Nombre>,
        /// Parts, one value for each period.
        parties: BTreeMap<String, Vec<Nombre>>,
    }
}

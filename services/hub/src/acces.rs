//! Who asks, and what they may see. GraphQL, pages and commands all go through the [`Guichet`]: it holds
//! the database and gives only rows that [`regle`] grants to the caller. What is not granted does not exist.

pub mod code;
pub mod compte;
pub mod guichet;
pub mod identification;
pub mod jeton;
pub mod passe;
pub mod proconnect;
pub mod regle;
pub mod sortie;
mod territoire;

use referentiel::cellule::Audience;

pub use guichet::{Guichet, Refus};
pub use passe::Passes;
pub use regle::Regard;

/// Role of a caller (architecture, §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Role {
    /// Centre de gestion.
    Cdg,
    /// Lead body of a dispositif.
    ChefDeFile,
    /// Directeur territorial au handicap of the FIPHFP.
    Dth,
    /// Agence régionale de santé.
    Ars,
    /// Direction régionale (économie, emploi, travail, solidarités).
    Dreets,
    /// Direction départementale.
    Ddets,
    /// Collectif France emploi accompagné.
    Cfea,
    /// Who runs the campaigns of the hub.
    GestionnaireHub,
    /// Anybody.
    Public,
}

impl Role {
    /// All of them.
    pub const TOUS: [Self; 9] = [
        Self::Cdg,
        Self::ChefDeFile,
        Self::Dth,
        Self::Ars,
        Self::Dreets,
        Self::Ddets,
        Self::Cfea,
        Self::GestionnaireHub,
        Self::Public,
    ];

    /// Name in the database, the commands and the API.
    pub fn code(self) -> &'static str {
        match self {
            Self::Cdg => "cdg",
            Self::ChefDeFile => "chef_de_file",
            Self::Dth => "dth",
            Self::Ars => "ars",
            Self::Dreets => "dreets",
            Self::Ddets => "ddets",
            Self::Cfea => "cfea",
            Self::GestionnaireHub => "gestionnaire_hub",
            Self::Public => "public",
        }
    }

    /// The role of this code.
    pub fn depuis_code(code: &str) -> Option<Self> {
        Self::TOUS.into_iter().find(|r| r.code() == code)
    }

    /// Label shown.
    pub fn libelle(self) -> &'static str {
        match self {
            Self::Cdg => "Centre de gestion",
            Self::ChefDeFile => "Chef de file d’un dispositif",
            Self::Dth => "Directeur territorial au handicap (FIPHFP)",
            Self::Ars => "Agence régionale de santé",
            Self::Dreets => "DREETS",
            Self::Ddets => "DDETS",
            Self::Cfea => "Collectif France emploi accompagné",
            Self::GestionnaireHub => "Gestionnaire du hub",
            Self::Public => "Public",
        }
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Appelant {
    /// Name in the audit journal: `jeton:…`, `compte:…`, `anonyme`.
    pub nom: String,
    /// Role; none for somebody who did not identify themselves.
    pub role: Option<Role>,
    /// Codes of the territories the role holds on.
    pub territoires: Vec<String>,
    /// Data sets it is narrowed to.
    pub jeux: Option<Vec<String>>,
    /// True when it may also act.
    pub ecriture: bool,
    /// Audience served when none is asked for.
    pub audience: Audience,
    /// The session of a person in a browser.
    pub session: Option<Session>,
}

/// A person in a browser.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Session {
    /// Name shown.
    pub nom: String,
    /// What its forms send back.
    pub jeton: String,
}

impl Appelant {
    /// Somebody who did not identify themselves: served the audience that the configuration opens to
    /// all. `reseau` there means that whoever reaches this hub belongs to the network.
    pub fn anonyme(audience: Audience) -> Self {
        Self {
            nom: "anonyme".to_owned(),
            role: None,
            territoires: vec![],
            jeux: None,
            ecriture: false,
            audience,
            session: None,
        }
    }

    /// Somebody of a role.
    pub fn de_role(nom: String, role: Role, territoires: Vec<String>) -> Self {
        let audience = if role == Role::Public { Audience::Public } else { Audience::Reseau };
        Self { nom, role: Some(role), territoires, jeux: None, ecriture: false, audience, session: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_knows_the_same_roles() {
        for sql in [
            include_str!("../../../migrations/hub/sqlite/0003_acces.sql"),
            include_str!("../../../migrations/hub/postgres/0003_acces.sql"),
        ] {
            let liste = sql.split("role IN (").nth(1).and_then(|s| s.split(')').next()).unwrap_or_default();
            let connus: Vec<&str> = liste.split('\'').skip(1).step_by(2).collect();
            assert_eq!(connus, Role::TOUS.map(Role::code));
        }
        assert!(Role::TOUS.into_iter().all(|r| Role::depuis_code(r.code()) == Some(r)));
    }
}

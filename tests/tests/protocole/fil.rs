//! What travels between the two machines. A receipt may come at any time; other answers name the request
//! they answer, and count only for the last one.

use publication::registre::PreuveCoherence;

/// Kept by a node and its hub, and by nobody else.
pub const HUB: &str = "https://hub.example/maillage";
/// The node.
pub const NOEUD: &str = "cdg-287000012";

/// What a node asks.
#[derive(Debug, Clone)]
pub enum Demande {
    Tete,
    Depose {
        seq: u64,
        jws: String,
        corps: Option<Vec<u8>>,
    },
    Historique {
        depuis: u64,
    },
    Registre {
        epoque: u64,
        taille: u64,
    },
    Declarations {
        depuis: u64,
    },
    Fil {
        curseur: u64,
    },
    /// Beside the chain: see `Defaut::RotationHorsChaine`.
    ChangeDeCle {
        x: publication::ClePublique,
    },
}

/// A request on the wire: `id` is echoed, `heure` is what its proof says.
#[derive(Debug, Clone)]
pub struct Requete {
    pub id: u64,
    pub heure: i64,
    pub demande: Demande,
}

/// What the hub answers.
#[derive(Debug, Clone)]
pub enum Reponse {
    Tete(String),
    Accuse(String),
    Historique(Vec<(String, String, Option<Vec<u8>>)>),
    Registre {
        point: String,
        preuve: Option<PreuveCoherence>,
    },
    Declarations(Vec<String>),
    Fil {
        depuis: u64,
        articles: Vec<u64>,
    },
    /// `clock.skew`, with the hub's time.
    Horloge(i64),
    /// A gap, a fork, an unknown key: the node compares heads again.
    Erreur,
}

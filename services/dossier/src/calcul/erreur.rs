//! Why indicators cannot be computed. No message ever carries the reference of a person.

use referentiel::identifiant::ReferenceDispositif;
use referentiel::periode::Trimestre;
use secret_statistique::TableIncoherente;

/// Why a quarter does not become a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ErreurCalcul {
    /// No workbook was imported for the campaign.
    #[error("Aucune remontée n’est enregistrée pour cette campagne : importez d’abord un classeur.")]
    CampagneVide,
    /// Workbooks of several quarters were given as one campaign.
    #[error("Une remontée du {0} est mêlée à celles du {1} : une campagne ne porte que sur un trimestre.")]
    TrimestresMeles(Trimestre, Trimestre),
    /// What was given as the previous campaign is another quarter.
    #[error("La campagne précédente du {0} est le {1}, mais une remontée du {2} a été donnée.")]
    PrecedenteInattendue(Trimestre, Trimestre, Trimestre),
    /// One dispositif in two workbooks of one campaign.
    #[error("Le dispositif {0} figure dans deux remontées du même trimestre : gardez la dernière.")]
    DispositifRepete(ReferenceDispositif),
    /// Persons of a dispositif that no fiche describes.
    #[error("{1} personne(s) relèvent du dispositif {0}, dont la fiche manque dans la remontée.")]
    DispositifSansFiche(ReferenceDispositif, usize),
    /// Events of persons that no fiche describes.
    #[error("{0} évènement(s) ne correspondent à aucune fiche personne de la remontée.")]
    EvenementsOrphelins(usize),
    /// The jeu crosses on something the fiches do not tell.
    #[error("L’axe « {0} » du jeu ne se lit pas dans les fiches de l’annexe 2.")]
    AxeInconnu(String),
    /// The axis is declared with a code list that is not the one the fiches use.
    #[error("L’axe « {0} » se lit avec la nomenclature « {1} », le jeu déclare « {2} ».")]
    NomenclatureInattendue(String, &'static str, String),
    /// The jeu asks for a measure this product cannot compute.
    #[error("La mesure « {0} » du jeu n’est pas calculable depuis les fiches de l’annexe 2.")]
    MesureInconnue(String),
    /// The measure counts persons for whom the axis may be unknown, and the list cannot say so.
    #[error(
        "La mesure « {0} » ne peut pas être croisée avec l’axe « {1} », qui n’a pas la valeur « Non renseigné » (NR)."
    )]
    SansNonRenseigne(String, String),
    /// A reader can compute by difference a cell that the protection would not see.
    #[error(
        "Au niveau « {niveau} », la case « {case} » se déduit par différence sans figurer dans la table : \
         ajoutez-y « {mesure} »."
    )]
    IdentiteOuverte {
        /// Level.
        niveau: &'static str,
        /// Measure that is missing.
        mesure: String,
        /// Coordinates that are missing.
        case: String,
    },
    /// The cells do not make a table.
    #[error(transparent)]
    Table(Box<TableIncoherente>),
}

impl From<TableIncoherente> for ErreurCalcul {
    fn from(erreur: TableIncoherente) -> Self {
        Self::Table(Box::new(erreur))
    }
}

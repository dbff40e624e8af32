//! Why a file is not read at all. Each sentence says what the file is and what to do.

/// A file that is refused as a whole: nothing of it was checked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Illisible {
    /// Neither XLSX nor ODS.
    #[error(
        "Ce fichier n’est pas un classeur XLSX ou ODS. Enregistrez le classeur au format « Classeur Excel (.xlsx) » ou « Classeur ODF (.ods) » et déposez-le à nouveau."
    )]
    PasUnClasseur,
    /// Zero byte.
    #[error("Ce fichier est vide (0 octet). Vérifiez l’enregistrement du classeur et déposez-le à nouveau.")]
    FichierVide,
    /// A zip that stops in the middle, or whose content does not match its checksum.
    #[error(
        "Ce classeur est incomplet ou abîmé. La copie a sans doute été interrompue : reprenez le fichier d’origine et déposez-le à nouveau."
    )]
    Tronque,
    /// Encrypted.
    #[error(
        "Ce classeur est protégé par un mot de passe. Ouvrez-le, retirez le mot de passe (Fichier, Informations, Protéger le classeur), enregistrez et déposez-le à nouveau."
    )]
    MotDePasse,
    /// BIFF, or another OLE container.
    #[error(
        "Ce fichier est au format Excel 97-2003 (.xls). Ouvrez-le, choisissez « Enregistrer sous », « Classeur Excel (.xlsx) », et déposez ce nouveau fichier."
    )]
    AncienFormat,
    /// XLSB.
    #[error(
        "Ce fichier est au format binaire d’Excel (.xlsb). Enregistrez-le au format « Classeur Excel (.xlsx) » et déposez ce nouveau fichier."
    )]
    FormatBinaire,
    /// A workbook that carries macros.
    #[error(
        "Ce classeur contient des macros, qui ne sont pas admises. Enregistrez-le au format « Classeur Excel (.xlsx) », sans macros, et déposez ce nouveau fichier."
    )]
    Macros,
    /// The file itself is too large.
    #[error(
        "Ce fichier pèse {taille_mo} Mo, la limite est de {limite_mo} Mo. Une remontée n’en demande que quelques-uns : retirez les images et les feuilles étrangères à la remontée."
    )]
    TropVolumineux {
        /// Size in megabytes, rounded up.
        taille_mo: u64,
        /// Limit in megabytes.
        limite_mo: u64,
    },
    /// The archive unfolds beyond measure.
    #[error(
        "Ce classeur occupe une place anormale une fois ouvert ({0}). Copiez les données dans le modèle de la campagne et déposez ce nouveau classeur."
    )]
    Demesure(&'static str),
    /// Too many tabs.
    #[error(
        "Ce classeur a {lues} feuilles, la limite est de {limite}. Gardez les trois feuilles de la remontée (Dispositif, Personnes, Évènements) et supprimez les autres."
    )]
    TropDeFeuilles {
        /// Number of tabs.
        lues: usize,
        /// Limit.
        limite: usize,
    },
    /// Too many rows or cells with something in them.
    #[error(
        "La feuille « {feuille} » contient trop de {quoi} (limite : {limite}). Supprimez les lignes et les colonnes étrangères à la remontée."
    )]
    TropDeCellules {
        /// Canonical name of the sheet.
        feuille: String,
        /// What there is too much of.
        quoi: &'static str,
        /// Limit.
        limite: u64,
    },
    /// A document type declaration, which no spreadsheet writes and which XML attacks need.
    #[error(
        "Ce classeur contient une déclaration DOCTYPE, qu’aucun tableur n’écrit. Copiez les données dans le modèle de la campagne et déposez ce nouveau classeur."
    )]
    Doctype,
    /// The container is sound but a part is not understood.
    #[error(
        "Une partie de ce classeur n’est pas lisible ({0}). Ouvrez-le dans votre tableur, enregistrez-le à nouveau et déposez ce nouveau fichier."
    )]
    Contenu(String),
}

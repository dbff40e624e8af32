//! The two state machines (architecture, §8): the words, the passages, and the writing of a transition.
//! The same passages stand in the database, whose triggers refuse every other: a test compares them.

use crate::base::{ErreurBase, Tx};
use crate::journal::{self, Fait};
use crate::valeur::args;

macro_rules! etats {
    ($(#[$doc:meta])* $nom:ident { $($(#[$v:meta])* $variante:ident = $code:literal => [$($vers:ident),*]),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $nom { $($(#[$v])* $variante),+ }

        impl $nom {
            /// All of them.
            pub const TOUS: &'static [Self] = &[$(Self::$variante),+];

            /// Name in the database.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variante => $code),+ }
            }

            /// The state of this code.
            pub fn depuis_code(code: &str) -> Option<Self> {
                Self::TOUS.iter().copied().find(|e| e.code() == code)
            }

            /// States that may follow.
            pub fn suivants(self) -> &'static [Self] {
                match self { $(Self::$variante => &[$(Self::$vers),*]),+ }
            }
        }
    };
}

etats! {
    /// State of a campaign.
    EtatCampagne {
        /// Being prepared.
        Brouillon = "brouillon" => [Ouverte],
        /// Deposits are expected.
        Ouverte = "ouverte" => [EnCorrection, Close],
        /// The deposit has ended; corrections are expected.
        EnCorrection = "en_correction" => [Close],
        /// Nothing is expected any more.
        Close = "close" => [EnCorrection, Publiee],
        /// Published, frozen.
        Publiee = "publiee" => [],
    }
}

etats! {
    /// State of a remontée.
    EtatRemontee {
        /// Nothing received.
        Attendue = "attendue" => [EnPreparation, Transmise, SansObjet, NonRecue],
        /// Some data sets received, not all.
        EnPreparation = "en_preparation" => [Transmise, SansObjet, NonRecue],
        /// All received.
        Transmise = "transmise" => [EnCorrection, Controlee],
        /// Sent back, with a reason per indicator.
        EnCorrection = "en_correction" => [Transmise],
        /// Checked by the hub’s manager.
        Controlee = "controlee" => [EnCorrection, Transmise, Validee],
        /// Signed by its lead body.
        Validee = "validee" => [Transmise],
        /// Not expected after all, with a reason.
        SansObjet = "sans_objet" => [Attendue],
        /// Never came before the end.
        NonRecue = "non_recue" => [EnPreparation, Transmise, SansObjet],
    }
}

/// Why a transition is not written.
#[derive(Debug, thiserror::Error)]
pub enum TransitionRefusee {
    /// The object does not exist.
    #[error("Cet objet n’existe pas.")]
    Inconnu,
    /// The state does not allow it.
    #[error("L’état présent, « {0} », ne le permet pas.")]
    Etat(&'static str),
    /// The database.
    #[error(transparent)]
    Base(#[from] ErreurBase),
}

/// Moves a campaign, in the transaction of what moves it.
pub(crate) async fn passe_campagne(
    tx: &mut Tx,
    campagne: &str,
    de: EtatCampagne,
    vers: EtatCampagne,
    motif: Option<&str>,
    fait: &Fait,
) -> Result<(), ErreurBase> {
    tx.execute(
        "/* campagne_transition.insere */ INSERT INTO campagne_transition (campagne, de, vers, par, le, motif)
         VALUES ($1, $2, $3, $4, $5, $6)",
        args![campagne, de.code(), vers.code(), &fait.acteur, fait.moment, motif],
    )
    .await?;
    journal::inscrit(tx, fait).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Db;

    #[tokio::test]
    async fn the_database_knows_the_same_passages() {
        let db = Db::en_memoire().await.unwrap();
        let lignes = db.lignes("/* essai.passages */ SELECT machine, de, vers FROM passage", args![]).await.unwrap();
        let mut ecrits: Vec<_> =
            lignes.iter().map(|l| (l.text(0).unwrap(), l.text(1).unwrap(), l.text(2).unwrap())).collect();
        let campagne =
            EtatCampagne::TOUS.iter().flat_map(|e| e.suivants().iter().map(|s| ("campagne", e.code(), s.code())));
        let remontee =
            EtatRemontee::TOUS.iter().flat_map(|e| e.suivants().iter().map(|s| ("remontee", e.code(), s.code())));
        let mut connus: Vec<_> =
            campagne.chain(remontee).map(|(m, d, v)| (m.to_owned(), d.to_owned(), v.to_owned())).collect();
        ecrits.sort();
        connus.sort();
        assert_eq!(ecrits, connus);
        let postgres = include_str!("../../../migrations/hub/postgres/0006_etat.sql");
        for (machine, de, vers) in connus {
            assert!(postgres.contains(&format!("('{machine}', '{de}', '{vers}')")), "{machine} {de} {vers}");
        }
    }
}

//! The hub from outside: signed publications over its real routes, on both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "helpers of tests")]

/// The same tests on SQLite and on PostgreSQL, each on a fresh database.
macro_rules! sur_les_deux_bases {
    ($($nom:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $nom() {
                super::$nom(&crate::banc::Magasin::Sqlite).await;
            })+
        }

        mod postgresql {
            $(#[tokio::test]
            async fn $nom() {
                const NOM: &str = concat!("maillage_", stringify!($nom));
                const INSTRUCTIONS: [&str; 2] = [
                    concat!("/* essai.oublie */ DROP DATABASE IF EXISTS maillage_", stringify!($nom), " WITH (FORCE)"),
                    concat!("/* essai.cree */ CREATE DATABASE maillage_", stringify!($nom)),
                ];
                let Some(adresse) = crate::bases::base_postgresql(NOM, &INSTRUCTIONS).await else { return };
                super::$nom(&crate::banc::Magasin::Postgres(adresse)).await;
            })+
        }
    };
}

mod acces;
mod administration;
mod audits;
mod banc;
mod bases;
mod comparaison;
mod connexion;
mod conventions;
mod corrections;
mod donnees;
mod dossier;
mod enrolement;
mod etats;
mod federation;
mod forges;
mod fournisseur;
mod graphql;
mod memoire;
mod pages;
mod pannes;
mod partage;
mod population;
mod pratiques;
mod relances;
mod replicas;
mod seuils;
mod transparence;

//! The reference data received from the hub: the manifest in force, every version of every part, and the
//! thresholds retained from them. Nothing received makes a threshold lower by itself.

use chrono::{DateTime, Utc};
use publication::Empreinte;
use publication::manifeste::{Manifeste, ManifesteConnu, Partie};
use publication::reference::SeuilExige;
use referentiel::cellule::Audience;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::base::{Base, Ecriture, ErreurBase, instant_lu, instant_texte};
use crate::envoi::{borne, positif};
use crate::journal::note_dans;

/// The manifest in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifesteGarde {
    /// Version and identity.
    pub connu: ManifesteConnu,
    /// Time after which a fresher one must be asked for.
    pub valable_jusqu_au: DateTime<Utc>,
    /// When it came.
    pub recu_le: DateTime<Utc>,
    /// Why a later one was refused, in French; none once a good one came.
    pub alarme: Option<String>,
}

impl Base {
    /// The manifest in force; none before the first.
    pub async fn manifeste(&self) -> Result<Option<ManifesteGarde>, ErreurBase> {
        let ligne = sqlx::query(
            "/* manifeste.lit */ SELECT version, empreinte, valable_jusqu_au, recu_le, alarme FROM manifeste",
        )
        .fetch_optional(&self.pool)
        .await?;
        ligne.map(|l| garde(&l)).transpose()
    }

    /// Keeps a newer manifest with the parts that came for it, all or nothing. Thresholds are raised to those it
    /// asks for, never lowered.
    pub async fn garde_manifeste(
        &self,
        manifeste: &Manifeste,
        jws: &str,
        recues: &[(Partie, Vec<u8>)],
        seuils: &[SeuilExige],
        instant: DateTime<Utc>,
    ) -> Result<(), ErreurBase> {
        let mut tx = self.ecrit().await?;
        let connu = manifeste.connu();
        sqlx::query(
            "/* manifeste.garde */ INSERT INTO manifeste (seul, version, empreinte, jws, valable_jusqu_au, recu_le)
             VALUES (1, $1, $2, $3, $4, $5)
             ON CONFLICT (seul) DO UPDATE SET version = excluded.version, empreinte = excluded.empreinte,
             jws = excluded.jws, valable_jusqu_au = excluded.valable_jusqu_au, recu_le = excluded.recu_le, alarme = NULL",
        )
        .bind(borne(connu.version))
        .bind(connu.empreinte.to_string())
        .bind(jws)
        .bind(instant_texte(manifeste.valid_until))
        .bind(instant_texte(instant))
        .execute(&mut *tx)
        .await?;
        for (partie, octets) in recues {
            sqlx::query(
                "/* reference_partie.insere */ INSERT INTO reference_partie (nom, semver, digest, octets, vue_dans)
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            )
            .bind(&partie.name)
            .bind(&partie.semver)
            .bind(partie.sha256.to_string())
            .bind(octets)
            .bind(borne(connu.version))
            .execute(&mut *tx)
            .await?;
        }
        for partie in &manifeste.parts {
            sqlx::query(
                "/* reference_partie.vue */ UPDATE reference_partie SET vue_dans = $4
                 WHERE nom = $1 AND semver = $2 AND digest = $3",
            )
            .bind(&partie.name)
            .bind(&partie.semver)
            .bind(partie.sha256.to_string())
            .bind(borne(connu.version))
            .execute(&mut *tx)
            .await?;
        }
        for seuil in seuils {
            releve(&mut tx, seuil).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Notes why what the hub presents is refused: in the journal, and beside the manifest in force. Said once.
    pub async fn alarme_manifeste(&self, motif: &str, instant: DateTime<Utc>) -> Result<(), ErreurBase> {
        let mut tx = self.ecrit().await?;
        let nouvelle = sqlx::query("/* manifeste.alarme */ UPDATE manifeste SET alarme = $1 WHERE alarme IS NOT $1")
            .bind(motif)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        if nouvelle > 0 {
            note_dans(&mut tx, instant, "hub", "alarme", motif).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// True when the bytes of a part are held, whichever manifest brought them.
    pub async fn tient_partie(&self, partie: &Partie) -> Result<bool, ErreurBase> {
        let ligne = sqlx::query(
            "/* reference_partie.tenue */ SELECT 1 FROM reference_partie WHERE nom = $1 AND semver = $2 AND digest = $3",
        )
        .bind(&partie.name)
        .bind(&partie.semver)
        .bind(partie.sha256.to_string())
        .fetch_optional(&self.pool)
        .await?;
        Ok(ligne.is_some())
    }

    /// The parts of the manifest in force, by name and version.
    pub async fn parties(&self) -> Result<Vec<Partie>, ErreurBase> {
        let lignes = sqlx::query(
            "/* reference_partie.liste */ SELECT p.nom, p.semver, p.digest, length(p.octets) FROM reference_partie p
             JOIN manifeste m ON m.version = p.vue_dans ORDER BY p.nom, p.semver",
        )
        .fetch_all(&self.pool)
        .await?;
        lignes.iter().map(partie).collect()
    }

    /// The bytes of the only version of a part of the manifest in force.
    pub async fn octets_de_partie(&self, nom: &str) -> Result<Option<Vec<u8>>, ErreurBase> {
        let ligne = sqlx::query(
            "/* reference_partie.octets */ SELECT p.octets FROM reference_partie p
             JOIN manifeste m ON m.version = p.vue_dans WHERE p.nom = $1 ORDER BY p.semver DESC LIMIT 1",
        )
        .bind(nom)
        .fetch_optional(&self.pool)
        .await?;
        Ok(ligne.map(|l| l.try_get(0)).transpose()?)
    }

    /// The thresholds retained.
    pub async fn seuils_retenus(&self) -> Result<Vec<SeuilExige>, ErreurBase> {
        let lignes = sqlx::query(
            "/* seuil_retenu.liste */ SELECT jeu, audience, seuil, seuil_sensible FROM seuil_retenu ORDER BY jeu, audience",
        )
        .fetch_all(&self.pool)
        .await?;
        lignes.iter().map(seuil).collect()
    }

    /// The centre agrees to the thresholds of the manifest in force, lower ones included.
    pub async fn accepte_seuils(
        &self,
        seuils: &[SeuilExige],
        acteur: &str,
        instant: DateTime<Utc>,
    ) -> Result<(), ErreurBase> {
        let mut tx = self.ecrit().await?;
        sqlx::query("/* seuil_retenu.oublie */ DELETE FROM seuil_retenu").execute(&mut *tx).await?;
        for seuil in seuils {
            releve(&mut tx, seuil).await?;
        }
        note_dans(&mut tx, instant, acteur, "seuils", "acceptés tels que le hub les annonce").await?;
        tx.commit().await?;
        Ok(())
    }
}

async fn releve(tx: &mut Ecriture<'_>, seuil: &SeuilExige) -> Result<(), ErreurBase> {
    sqlx::query(
        "/* seuil_retenu.releve */ INSERT INTO seuil_retenu (jeu, audience, seuil, seuil_sensible) VALUES ($1, $2, $3, $4)
         ON CONFLICT (jeu, audience) DO UPDATE SET seuil = MAX(seuil, excluded.seuil),
         seuil_sensible = MAX(seuil_sensible, excluded.seuil_sensible)",
    )
    .bind(&seuil.jeu)
    .bind(seuil.audience.code())
    .bind(borne(seuil.seuil))
    .bind(borne(seuil.seuil_sensible))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn garde(l: &SqliteRow) -> Result<ManifesteGarde, ErreurBase> {
    Ok(ManifesteGarde {
        connu: ManifesteConnu { version: positif(l.try_get(0)?)?, empreinte: empreinte(l.try_get(1)?)? },
        valable_jusqu_au: instant_lu(l.try_get(2)?)?,
        recu_le: instant_lu(l.try_get(3)?)?,
        alarme: l.try_get(4)?,
    })
}

fn partie(l: &SqliteRow) -> Result<Partie, ErreurBase> {
    Ok(Partie {
        name: l.try_get(0)?,
        semver: l.try_get(1)?,
        sha256: empreinte(l.try_get(2)?)?,
        len: positif(l.try_get(3)?)?,
    })
}

fn seuil(l: &SqliteRow) -> Result<SeuilExige, ErreurBase> {
    let code: &str = l.try_get(1)?;
    Ok(SeuilExige {
        jeu: l.try_get(0)?,
        audience: Audience::depuis_code(code).ok_or_else(|| ErreurBase::Illisible(format!("audience « {code} »")))?,
        seuil: positif(l.try_get(2)?)?,
        seuil_sensible: positif(l.try_get(3)?)?,
    })
}

fn empreinte(texte: &str) -> Result<Empreinte, ErreurBase> {
    texte.parse().map_err(|_| ErreurBase::Illisible(format!("empreinte « {texte} »")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::essai;

    fn seuil_de(n: u64) -> SeuilExige {
        SeuilExige { jeu: "ea.indicateurs".into(), audience: Audience::Reseau, seuil: n, seuil_sensible: 11 }
    }

    fn manifeste(version: u64, octets: &[u8]) -> Manifeste {
        let instant = DateTime::UNIX_EPOCH;
        let parts = vec![Partie::decrire("seuils", "1", octets)];
        let valid_until = instant + chrono::TimeDelta::days(7);
        Manifeste { v: 1, iss: "https://hub.example".into(), version, issued: instant, valid_until, parts }
    }

    #[tokio::test]
    async fn a_threshold_received_only_rises_until_the_centre_agrees() {
        let (_dossier, base) = essai::base().await;
        let instant = DateTime::UNIX_EPOCH;
        for (version, recu) in [(1, 7), (2, 11), (3, 5)] {
            let octets = vec![version as u8];
            let m = manifeste(version, &octets);
            let recues = [(m.parts[0].clone(), octets)];
            base.garde_manifeste(&m, "jws", &recues, &[seuil_de(recu)], instant).await.unwrap();
        }
        assert_eq!(base.seuils_retenus().await.unwrap(), [seuil_de(11)]);
        base.accepte_seuils(&[seuil_de(5)], "agent", instant).await.unwrap();
        assert_eq!(base.seuils_retenus().await.unwrap(), [seuil_de(5)]);
        assert_eq!(base.journal(1).await.unwrap()[0].acte, "seuils");
        // The parts of the manifest in force only, though every version stays.
        assert_eq!(base.parties().await.unwrap(), manifeste(3, &[3]).parts);
        assert!(base.tient_partie(&manifeste(1, &[1]).parts[0]).await.unwrap());
        assert_eq!(base.octets_de_partie("seuils").await.unwrap(), Some(vec![3]));
    }

    #[tokio::test]
    async fn an_alarm_is_journalled_once_and_ends_with_a_good_manifest() {
        let (_dossier, base) = essai::base().await;
        let instant = DateTime::UNIX_EPOCH;
        base.garde_manifeste(&manifeste(4, b"x"), "jws", &[], &[], instant).await.unwrap();
        for _ in 0..3 {
            base.alarme_manifeste("recul", instant).await.unwrap();
        }
        assert_eq!(base.manifeste().await.unwrap().unwrap().alarme.as_deref(), Some("recul"));
        assert_eq!(base.journal(10).await.unwrap().iter().filter(|l| l.acte == "alarme").count(), 1);
        base.garde_manifeste(&manifeste(5, b"y"), "jws", &[], &[], instant).await.unwrap();
        assert_eq!(base.manifeste().await.unwrap().unwrap().alarme, None);
    }
}

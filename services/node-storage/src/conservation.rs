//! Retention of the cases: two years after the last contact (CNIL, référentiel 2023-095), a case is put away or erased.
//! An archived case still counts in the bilans; of an erased one only a count by action is left.

use chrono::{DateTime, NaiveDate, Utc};
use dossier::convention::avancement::Residu;
use referentiel::Decimal;
use serde::Serialize;
use sqlx::Row;

use crate::base::{Base, Ecriture, ErreurBase, instant_texte};
use crate::journal::note_dans;
use crate::situation::Lecture;

/// What is done with a case whose time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// Put away from everyday use.
    Archiver,
    /// Erased, with what undo and documents keep of it.
    Effacer,
}

/// A case whose time has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CasEchu {
    /// Convention or offer.
    pub suivi: String,
    /// Identifier.
    pub id: String,
    /// Action.
    pub action: String,
    /// Last contact.
    pub dernier_contact: NaiveDate,
    /// Already put away.
    pub archive: bool,
}

/// What an erased case leaves: what it counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    /// Units.
    pub quantite: Decimal,
    /// Amount valued.
    pub montant_eur: Decimal,
}

impl Base {
    /// The cases of the persons whose last contact, over all their cases, is at this date or before. Time runs for a person,
    /// not for a line: a rule of uniqueness never loses the first of two cases while the second is kept. A case without
    /// a person follows its employer; one without any date is kept.
    pub async fn situations_echues(&self, limite: NaiveDate) -> Result<Vec<CasEchu>, ErreurBase> {
        let rows = sqlx::query(
            "/* situation.echues */ WITH cas AS (SELECT *, coalesce(
                 nullif(trim(json_extract(contenu, '$.situation.personne')), ''),
                 nullif(trim(json_extract(contenu, '$.situation.employeur.siret')), ''),
                 suivi || ' ' || id) AS de FROM situation),
             contact AS (SELECT de, max(coalesce(dernier_contact, '9999')) AS dernier FROM cas GROUP BY de)
             SELECT suivi, id, action, dernier_contact, archive_le IS NOT NULL FROM cas JOIN contact USING (de)
             WHERE dernier <= $1 ORDER BY dernier_contact, rang",
        )
        .bind(limite.to_string())
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|r| {
                let jour: String = r.try_get(3)?;
                let dernier_contact =
                    jour.parse().map_err(|_| ErreurBase::Illisible(format!("dernier contact « {jour} »")))?;
                Ok(CasEchu {
                    suivi: r.try_get(0)?,
                    id: r.try_get(1)?,
                    action: r.try_get(2)?,
                    dernier_contact,
                    archive: r.try_get(4)?,
                })
            })
            .collect()
    }

    /// Puts cases away, in one transaction, journalled by their number.
    pub async fn archive_situations(&self, cas: &[CasEchu], l: Lecture<'_>) -> Result<(), ErreurBase> {
        let mut tx = self.ecrit().await?;
        for c in cas {
            sqlx::query("/* situation.archive */ UPDATE situation SET archive_le = $3 WHERE suivi = $1 AND id = $2")
                .bind(&c.suivi)
                .bind(&c.id)
                .bind(instant_texte(l.instant))
                .execute(&mut *tx)
                .await?;
        }
        note_dans(&mut tx, l.instant, l.acteur, l.acte, &format!("{} situations", cas.len())).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Erases cases and all that is kept of them but what they counted for, in one transaction. The freed pages are
    /// overwritten (`secure_delete`), and the write-ahead log is emptied.
    pub async fn efface_situations(&self, cas: &[(CasEchu, Trace)], l: Lecture<'_>) -> Result<(), ErreurBase> {
        let mut tx = self.ecrit().await?;
        for (echu, trace) in cas {
            efface(&mut tx, echu).await?;
            compte(&mut tx, echu, trace).await?;
        }
        note_dans(&mut tx, l.instant, l.acteur, l.acte, &format!("{} situations", cas.len())).await?;
        tx.commit().await?;
        sqlx::query("/* base.vide_le_journal */ PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.pool).await?;
        Ok(())
    }

    /// What erased cases counted for, by action.
    pub async fn residus(&self, suivi: &str) -> Result<Vec<Residu>, ErreurBase> {
        let rows = sqlx::query(
            "/* situation_effacee.lit */ SELECT action, quantite, montant_eur FROM situation_effacee WHERE suivi = $1",
        )
        .bind(suivi)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|r| {
                let (quantite, montant_eur) = (nombre(r.try_get(1)?)?, nombre(r.try_get(2)?)?);
                Ok(Residu { action: r.try_get(0)?, quantite, montant_eur })
            })
            .collect()
    }
}

fn nombre(texte: &str) -> Result<Decimal, ErreurBase> {
    texte.parse().map_err(|_| ErreurBase::Illisible(format!("nombre « {texte} »")))
}

async fn efface(tx: &mut Ecriture<'_>, c: &CasEchu) -> Result<(), ErreurBase> {
    for requete in [
        "/* situation.efface_echue */ DELETE FROM situation WHERE suivi = $1 AND id = $2",
        "/* situation_avant.efface_echue */ DELETE FROM situation_avant WHERE suivi = $1 AND id = $2",
        "/* piece.efface_echue */ DELETE FROM piece WHERE suivi = $1 AND situation = $2",
    ] {
        sqlx::query(requete).bind(&c.suivi).bind(&c.id).execute(&mut **tx).await?;
    }
    Ok(())
}

async fn compte(tx: &mut Ecriture<'_>, c: &CasEchu, trace: &Trace) -> Result<(), ErreurBase> {
    let deja = sqlx::query(
        "/* situation_effacee.deja */ SELECT quantite, montant_eur FROM situation_effacee WHERE suivi = $1 AND action = $2",
    )
    .bind(&c.suivi)
    .bind(&c.action)
    .fetch_optional(&mut **tx)
    .await?;
    let (mut quantite, mut montant) = (trace.quantite, trace.montant_eur);
    if let Some(r) = deja {
        quantite += nombre(r.try_get(0)?)?;
        montant += nombre(r.try_get(1)?)?;
    }
    sqlx::query(
        "/* situation_effacee.compte */ INSERT INTO situation_effacee (suivi, action, nombre, quantite, montant_eur)
         VALUES ($1, $2, 1, $3, $4) ON CONFLICT (suivi, action) DO UPDATE SET nombre = nombre + 1,
         quantite = excluded.quantite, montant_eur = excluded.montant_eur",
    )
    .bind(&c.suivi)
    .bind(&c.action)
    .bind(quantite.to_string())
    .bind(montant.to_string())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Last contact beyond which a case is kept: so many years before a day.
pub fn limite(jour: DateTime<Utc>, mois: u32) -> NaiveDate {
    jour.date_naive().checked_sub_months(chrono::Months::new(mois)).unwrap_or(NaiveDate::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::essai::base;
    use crate::situation::TableauAImporter;
    use dossier::convention::cas::Cas;

    fn lecture() -> Lecture<'static> {
        Lecture { acteur: "agent", acte: "conservation", instant: "2028-06-01T10:00:00Z".parse().unwrap() }
    }

    fn cas(id: &str, fin: &str) -> Cas {
        let mut cas = Cas { suivi_par: "fiphfp-v5".to_owned(), ..Cas::default() };
        cas.situation.id = id.to_owned();
        cas.situation.action = "3.1".to_owned();
        cas.situation.personne = Some(format!("PERSONNE-TEMOIN-{id}"));
        cas.situation.fin = fin.parse().ok();
        cas
    }

    /// Matrix 80: what left before stays proved, nothing more leaves, and the journal says who erased.
    #[tokio::test]
    async fn matrix_80_erasing_a_person_sends_nothing_and_keeps_the_journal_and_what_was_acknowledged() {
        let (_dossier, base) = base().await;
        let t = TableauAImporter {
            cas: &[cas("S1", "2026-06-01")],
            correspondance: "c",
            remplace: true,
            empreinte: "e",
            fichier: "f",
        };
        base.importe_situations(t, lecture()).await.unwrap();
        let scellee = crate::envoi::essai::scelle(&base, 3).await;
        base.note_accuse(1, "accuse", crate::envoi::EtatEnvoi::Accepte, lecture().instant).await.unwrap();
        let avant = base.envoi(1).await.unwrap();
        let echues = base.situations_echues(limite(lecture().instant, 24)).await.unwrap();
        let trace = Trace { quantite: Decimal::ONE, montant_eur: Decimal::ZERO };
        base.efface_situations(&[(echues[0].clone(), trace)], lecture()).await.unwrap();
        assert!(base.situations("fiphfp-v5", lecture()).await.unwrap().is_empty());
        assert_eq!(base.a_envoyer(1).await.unwrap(), Vec::<u64>::new(), "nothing to send");
        let apres = base.envoi(1).await.unwrap();
        assert_eq!((apres.corps, apres.enveloppe, apres.accuse), (avant.corps, avant.enveloppe, avant.accuse));
        assert_eq!(apres.empreinte, scellee.empreinte().to_string(), "the digest still names what was acknowledged");
        let journal = base.journal(20).await.unwrap();
        assert!(journal.iter().any(|l| l.acte == "conservation" && l.acteur == "agent"), "{journal:?}");
        assert!(journal.iter().all(|l| !l.objet.contains("PERSONNE-TEMOIN")), "never a reference: {journal:?}");
    }

    #[tokio::test]
    async fn two_years_after_the_last_contact_a_case_is_put_away_then_erased_but_still_counted() {
        let (dossier, base) = base().await;
        // A person seen again later keeps all of her cases.
        let mut reprise = [cas("S0", "2025-01-01"), cas("S3", "2027-01-01")];
        reprise.iter_mut().for_each(|c| c.situation.personne = Some("PERSONNE-SUIVIE".to_owned()));
        let t = TableauAImporter { cas: &reprise, correspondance: "r", remplace: true, empreinte: "r", fichier: "r" };
        base.importe_situations(t, lecture()).await.unwrap();
        let deux = [cas("S1", "2026-06-01"), cas("S2", "2026-06-02")];
        let t = TableauAImporter { cas: &deux, correspondance: "c", remplace: true, empreinte: "e", fichier: "f" };
        base.importe_situations(t, lecture()).await.unwrap();
        let echues = base.situations_echues(limite(lecture().instant, 24)).await.unwrap();
        assert_eq!(echues.iter().map(|c| c.id.as_str()).collect::<Vec<_>>(), ["S1"]);
        base.archive_situations(&echues, lecture()).await.unwrap();
        let gardes = base.situations("fiphfp-v5", lecture()).await.unwrap();
        assert_eq!(gardes.iter().map(|c| c.archive_le.is_some()).collect::<Vec<_>>(), [false, false, true, false]);
        // The table is imported again without the archived case: it stays where it was put.
        let t = TableauAImporter { cas: &deux[1..], empreinte: "f", ..t };
        base.importe_situations(t, lecture()).await.unwrap();
        assert_eq!(base.situations("fiphfp-v5", lecture()).await.unwrap().len(), 4);
        let trace = Trace { quantite: Decimal::ONE, montant_eur: Decimal::from(300) };
        for _ in 0..2 {
            base.efface_situations(&[(echues[0].clone(), trace)], lecture()).await.unwrap();
        }
        assert_eq!(base.situations("fiphfp-v5", lecture()).await.unwrap().len(), 3);
        let residus = base.residus("fiphfp-v5").await.unwrap();
        assert_eq!((residus[0].quantite, residus[0].montant_eur), (Decimal::from(2), Decimal::from(600)));
        let chemin = dossier.path().join("noeud.db");
        base.ferme().await;
        let octets = std::fs::read(chemin).unwrap();
        let reste = |temoin: &[u8]| octets.windows(temoin.len()).any(|f| f == temoin);
        assert!(!reste(b"PERSONNE-TEMOIN-S1"), "no byte of the erased person is left in the file");
        assert!(reste(b"PERSONNE-TEMOIN-S2"));
    }
}

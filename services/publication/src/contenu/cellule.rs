//! A protected cell on the wire. The types of the disclosure control are read leniently (they flatten
//! their key); here every member is named, and an unknown one is refused.

use referentiel::Decimal;
use referentiel::cellule::{Cle, Statut, Ventilation};
use referentiel::territoire::Niveau;
use secret_statistique::{Cadre, CelluleProtegee, ValeurPubliee};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::decimale;

#[derive(Serialize)]
struct CelluleEcrite<'a> {
    indicateur: &'a str,
    niveau: Niveau,
    territoire: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ventilation: Option<&'a Ventilation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valeur: Option<Valeur>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cadre: Option<Cadre>,
    statut: Statut,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CelluleLue {
    indicateur: String,
    niveau: Niveau,
    territoire: String,
    #[serde(default)]
    ventilation: Ventilation,
    #[serde(default)]
    valeur: Option<Valeur>,
    /// Ends of a masked count.
    #[serde(default)]
    cadre: Option<Cadre>,
    statut: Statut,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Valeur {
    Effectif(u64),
    Decimal(#[serde(with = "decimale")] Decimal),
    Taux {
        #[serde(with = "decimale")]
        numerateur: Decimal,
        #[serde(with = "decimale")]
        denominateur: Decimal,
    },
}

pub fn serialize<S: Serializer>(cellules: &[CelluleProtegee], s: S) -> Result<S::Ok, S::Error> {
    s.collect_seq(cellules.iter().map(|c| CelluleEcrite {
        indicateur: &c.cle.indicateur,
        niveau: c.cle.niveau,
        territoire: &c.cle.territoire,
        ventilation: (!c.cle.ventilation.est_total()).then_some(&c.cle.ventilation),
        valeur: c.valeur.as_ref().map(Valeur::from),
        cadre: c.cadre,
        statut: c.statut,
    }))
}

pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<CelluleProtegee>, D::Error> {
    let lues = Vec::<CelluleLue>::deserialize(d)?;
    Ok(lues.into_iter().map(CelluleProtegee::from).collect())
}

impl From<CelluleLue> for CelluleProtegee {
    fn from(lue: CelluleLue) -> Self {
        let CelluleLue { indicateur, niveau, territoire, ventilation, valeur, cadre, statut } = lue;
        Self {
            cle: Cle { indicateur, niveau, territoire, ventilation },
            valeur: valeur.map(ValeurPubliee::from),
            cadre,
            statut,
        }
    }
}

impl From<&ValeurPubliee> for Valeur {
    fn from(valeur: &ValeurPubliee) -> Self {
        match valeur {
            ValeurPubliee::Effectif(n) => Self::Effectif(*n),
            ValeurPubliee::Decimal(d) => Self::Decimal(*d),
            ValeurPubliee::Taux { numerateur, denominateur } => {
                Self::Taux { numerateur: *numerateur, denominateur: *denominateur }
            }
        }
    }
}

impl From<Valeur> for ValeurPubliee {
    fn from(valeur: Valeur) -> Self {
        match valeur {
            Valeur::Effectif(n) => Self::Effectif(n),
            Valeur::Decimal(d) => Self::Decimal(d),
            Valeur::Taux { numerateur, denominateur } => Self::Taux { numerateur, denominateur },
        }
    }
}

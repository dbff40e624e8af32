//! The words of the API: scalars, enumerations, and the small objects every node of a connection carries.

use async_graphql::{
    ComplexObject, Context, Enum, InputValueError, InputValueResult, Scalar, ScalarType, SimpleObject, Value,
};
use chrono::NaiveDate;
use referentiel::Decimal;
use referentiel::jeu::{Jeu, Mesure, Nature};
use referentiel::{cellule, territoire};

use crate::acces::Guichet;

/// Nombre décimal exact, écrit en texte : "12.50".
#[derive(Debug, Clone, Copy)]
pub struct Nombre(pub Decimal);

#[Scalar(name = "Decimal", use_type_description)]
impl ScalarType for Nombre {
    fn parse(valeur: Value) -> InputValueResult<Self> {
        match &valeur {
            // A JSON number went through floating point somewhere: only text is exact.
            Value::String(texte) => Ok(Self(Decimal::from_str_exact(texte)?)),
            _ => Err(InputValueError::expected_type(valeur)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

impl async_graphql::Description for Nombre {
    fn description() -> &'static str {
        "Nombre décimal exact, écrit en texte : \"12.50\"."
    }
}

impl From<Decimal> for Nombre {
    fn from(valeur: Decimal) -> Self {
        Self(valeur)
    }
}

/// Jour du calendrier.
pub struct Jour(pub NaiveDate);

#[Scalar(name = "Date", use_type_description)]
impl ScalarType for Jour {
    fn parse(valeur: Value) -> InputValueResult<Self> {
        match &valeur {
            Value::String(texte) => Ok(Self(texte.parse()?)),
            _ => Err(InputValueError::expected_type(valeur)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

impl async_graphql::Description for Jour {
    fn description() -> &'static str {
        "Jour du calendrier : \"2026-03-31\"."
    }
}

/// Niveau d’un territoire.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Niveau {
    /// Structure accompagnante.
    Structure,
    /// Dispositif d’emploi accompagné.
    Dispositif,
    /// Département.
    Departement,
    /// Région : la part que chaque centre en connaît.
    Region,
}

impl Niveau {
    /// The level of this code.
    pub fn depuis_code(code: &str) -> Self {
        match code {
            "structure" => Self::Structure,
            "dispositif" => Self::Dispositif,
            "departement" => Self::Departement,
            _ => Self::Region,
        }
    }
}

impl From<Niveau> for territoire::Niveau {
    fn from(niveau: Niveau) -> Self {
        match niveau {
            Niveau::Structure => Self::Structure,
            Niveau::Dispositif => Self::Dispositif,
            Niveau::Departement => Self::Departement,
            Niveau::Region => Self::Region,
        }
    }
}

/// Pourquoi une cellule montre une valeur, ou n’en montre pas. Zéro est une valeur.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "cellule::Statut")]
pub enum Statut {
    /// Montrée.
    Publie,
    /// Masquée par le secret statistique.
    Secret,
    /// Attendue, pas encore reçue.
    NonTransmis,
    /// Ne peut pas exister ici.
    SansObjet,
    /// Effectif trop faible pour un taux ou une médiane.
    NonSignificatif,
    /// Montrée, pas encore validée.
    Provisoire,
    /// Montrée, différente d’une édition antérieure.
    Revise,
    /// Montrée, arrondie à un multiple de 5 voisin.
    Arrondi,
}

/// Public pour lequel une table a été protégée.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Le centre et le DTH : chiffres de la convention.
    Convention,
    /// Centres, ARS, DREETS : seuil 5, 11 avec le type de handicap.
    Reseau,
    /// Tout le monde : seuil 11.
    Public,
}

impl From<Audience> for cellule::Audience {
    fn from(audience: Audience) -> Self {
        match audience {
            Audience::Convention => Self::Convention,
            Audience::Reseau => Self::Reseau,
            Audience::Public => Self::Public,
        }
    }
}

impl From<cellule::Audience> for Audience {
    fn from(audience: cellule::Audience) -> Self {
        match audience {
            cellule::Audience::Public => Self::Public,
            cellule::Audience::Reseau => Self::Reseau,
            cellule::Audience::Convention => Self::Convention,
        }
    }
}

/// Un territoire.
#[derive(SimpleObject, Debug, Clone)]
pub struct Territoire {
    /// Niveau.
    pub niveau: Niveau,
    /// Code : 27, 70, BFC01…
    pub code: String,
    /// Nom, quand il est connu.
    pub nom: Option<String>,
}

impl Territoire {
    /// A territory, with the name of the official code where there is one.
    pub fn nouveau(niveau: Niveau, code: String, nom: Option<String>) -> Self {
        let officiel = match niveau {
            Niveau::Region => territoire::region(&code).map(|r| r.nom.clone()),
            Niveau::Departement => code.parse().ok().and_then(|c| territoire::departement(&c)).map(|d| d.nom.clone()),
            Niveau::Structure => code.split_once('/').map(|(_, nom)| nom.to_owned()),
            Niveau::Dispositif => None,
        };
        Self { niveau, code, nom: nom.or(officiel) }
    }
}

/// Un centre de gestion qui publie.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub struct Emetteur {
    /// Identifiant du nœud : cdg- suivi du SIREN.
    pub identifiant: String,
    /// Nom du centre.
    pub nom: String,
    /// Code du centre : CDG70, CIGPC…
    pub organisme: String,
}

#[ComplexObject]
impl Emetteur {
    /// Régions du centre.
    async fn regions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Territoire>> {
        let noeuds = &ctx.data::<Guichet>()?.configuration().noeuds;
        let noeud = noeuds.iter().find(|(n, _)| n.identifiant.as_str() == self.identifiant);
        let regions = noeud.map(|(n, _)| n.regions.clone()).unwrap_or_default();
        Ok(regions.into_iter().map(|code| Territoire::nouveau(Niveau::Region, code, None)).collect())
    }
}

/// Nature d’une mesure.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Nature")]
pub enum NatureMesure {
    /// Effectif à une date.
    Stock,
    /// Effectif sur la période.
    Flux,
    /// Effectif depuis le 1er janvier.
    Cumul,
    /// Chiffre d’organisation, jamais masqué.
    Operationnel,
    /// Rapport de deux mesures.
    Taux,
    /// Médiane ou moyenne.
    Statistique,
    /// Combinaison de cellules.
    Derive,
    /// Quantité que paie une convention : exacte pour ses signataires, effectif protégé pour les autres.
    Contractuel,
    /// Part saisie sans son effectif : contrôlée au nœud, jamais publiée.
    Part,
}

/// Un indicateur : ce qu’il compte, dans quelle unité, d’après quel texte.
#[derive(SimpleObject, Debug, Clone)]
pub struct Indicateur {
    /// Code : EA01…
    pub code: String,
    /// Libellé.
    pub libelle: String,
    /// Unité.
    pub unite: String,
    /// Nature.
    pub nature: NatureMesure,
    /// Définition, avec les champs de l’annexe 2.
    pub definition: String,
    /// Texte dont il vient.
    pub source: String,
    /// Jeu de données.
    pub jeu: String,
    /// Base d’un taux : 100, 1000 (« pour 1 000 agents »).
    pub pour: Option<Nombre>,
    /// Périmètre : qui ou quoi compte le dénominateur déclaré d’un taux, ou la mesure elle-même.
    pub perimetre: Option<String>,
}

impl Indicateur {
    /// An indicator as its data set defines it.
    pub fn du_jeu(jeu: &Jeu, mesure: &Mesure) -> Self {
        Self {
            code: mesure.code.clone(),
            libelle: mesure.libelle.clone(),
            unite: mesure.unite.clone(),
            nature: mesure.nature.into(),
            definition: mesure.definition.clone(),
            source: jeu.source.clone(),
            jeu: jeu.code.clone(),
            pour: mesure.pour.map(Nombre),
            perimetre: base(jeu, mesure).perimetre.clone(),
        }
    }
}

/// What the perimeter is that of: the denominator of a rate, else the measure.
fn base<'j>(jeu: &'j Jeu, mesure: &'j Mesure) -> &'j Mesure {
    mesure.denominateur.as_ref().and_then(|t| jeu.mesure(&t.mesure)).unwrap_or(mesure)
}

/// La place d’une cellule sur un axe.
#[derive(SimpleObject, Debug, Clone)]
pub struct Coordonnee {
    /// Axe : sexe, age, emploi…
    pub axe: String,
    /// Code de la modalité.
    pub modalite: String,
    /// Libellé de la modalité.
    pub libelle: String,
}

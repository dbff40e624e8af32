//! The declared jeux: one generic reading of their records, and the names under which people look for
//! them. Figures are observations like all others; the counter gives each caller what their role may see.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use hub_storage::fiche::{Fiche as FicheLue, FiltreFiche, RangFiche};
use hub_storage::observation::Filtre;
use referentiel::cellule::Audience as AudienceLue;
use referentiel::jeu::{Jeu, jeu};
use referentiel::territoire::Niveau as NiveauLu;

use super::noeuds::Observation;
use super::requete::{
    CurseurObservation, Page, curseur, en_page, guichet, identifiant, limite, page, place, rang, refus, refuse,
};
use super::types::{Audience, Emetteur, Niveau, Territoire};

/// Place d’une fiche, opaque pour le lecteur.
type CurseurFiche = (String, String, String, String, String);

/// Ce que l’on cherche dans un jeu déclaré.
#[derive(InputObject, Default)]
struct FiltreDeclaration {
    /// Période, nommée par son dernier trimestre : 2024-T4 pour l’année 2024.
    periode: Option<String>,
    /// Centre qui publie.
    emetteur: Option<String>,
    /// Département.
    departement: Option<String>,
    /// Indicateur.
    indicateur: Option<String>,
    /// Audience ; celle de l’appelant par défaut.
    audience: Option<Audience>,
    /// État à ce moment, tel que le registre le rejoue ; demande une période.
    a_la_date: Option<DateTime<Utc>>,
}

/// Un champ d’une fiche.
#[derive(SimpleObject)]
struct ChampFiche {
    /// Code du champ.
    champ: String,
    /// Libellé.
    libelle: String,
    /// Valeur : texte, libellé d’un code, nombre décimal, mois (2026-04), oui ou non.
    valeur: String,
    /// Code, quand la valeur est celle d’une nomenclature.
    code: Option<String>,
}

/// Une fiche d’un jeu déclaré : prestation, bonne pratique, groupe de communes.
#[derive(SimpleObject)]
struct Fiche {
    /// Jeu de données.
    jeu: String,
    /// Période.
    periode: String,
    /// Liste du jeu.
    liste: String,
    /// Nom de la fiche dans sa liste.
    cle: String,
    /// Champs, dans l’ordre du jeu.
    champs: Vec<ChampFiche>,
    /// Département du centre.
    departement: Option<Territoire>,
    /// Centre qui publie.
    emetteur: Emetteur,
}

impl From<FicheLue> for Fiche {
    fn from(f: FicheLue) -> Self {
        let definition = jeu(&f.rang.jeu);
        let departement =
            (!f.territoire.is_empty()).then(|| Territoire::nouveau(Niveau::Departement, f.territoire.clone(), None));
        Self {
            champs: definition.map(|j| champs(j, &f)).unwrap_or_default(),
            jeu: f.rang.jeu,
            periode: f.rang.campagne,
            liste: f.rang.liste,
            cle: f.rang.cle,
            departement,
            emetteur: Emetteur { identifiant: f.rang.noeud, nom: f.emetteur_nom, organisme: f.organisme },
        }
    }
}

fn champs(jeu: &Jeu, fiche: &FicheLue) -> Vec<ChampFiche> {
    let declares = jeu.liste(&fiche.rang.liste).into_iter().flat_map(|l| &l.champs);
    let champ = |c: &referentiel::jeu::declaration::Champ| {
        let lue = fiche.champs.get(&c.code)?;
        let liste = c.nomenclature.as_deref().and_then(|nom| jeu.nomenclature_de_nom(nom));
        let modalite = liste.and_then(|l| l.modalite(lue));
        Some(ChampFiche {
            champ: c.code.clone(),
            libelle: c.libelle.clone(),
            valeur: modalite.map_or(lue, |m| &m.libelle).clone(),
            code: modalite.map(|m| m.code.clone()),
        })
    };
    declares.filter_map(champ).collect()
}

/// Lecture des jeux déclarés.
#[derive(Default)]
pub struct JeuxDeclares;

#[Object]
impl JeuxDeclares {
    /// Fiches d’un jeu déclaré, quel qu’il soit.
    #[graphql(complexity = "page(premier) * child_complexity")]
    async fn fiches(
        &self,
        ctx: &Context<'_>,
        jeu: String,
        liste: Option<String>,
        filtre: Option<FiltreDeclaration>,
        #[graphql(default = 20)] premier: i32,
        apres: Option<String>,
    ) -> Result<Page<CurseurFiche, Fiche>> {
        fiches(ctx, &jeu, liste, filtre, premier, apres).await
    }

    /// Offres de service : prestations, tarifs par situation, outils partagés.
    #[graphql(complexity = "page(premier) * child_complexity")]
    async fn offres_de_service(
        &self,
        ctx: &Context<'_>,
        liste: Option<String>,
        filtre: Option<FiltreDeclaration>,
        #[graphql(default = 20)] premier: i32,
        apres: Option<String>,
    ) -> Result<Page<CurseurFiche, Fiche>> {
        fiches(ctx, "offre.services", liste, filtre, premier, apres).await
    }

    /// Bonnes pratiques publiées.
    #[graphql(complexity = "page(premier) * child_complexity")]
    async fn pratiques(
        &self,
        ctx: &Context<'_>,
        filtre: Option<FiltreDeclaration>,
        #[graphql(default = 20)] premier: i32,
        apres: Option<String>,
    ) -> Result<Page<CurseurFiche, Fiche>> {
        fiches(ctx, "pratiques", None, filtre, premier, apres).await
    }

    /// Plans d’actions des conventions avec le FIPHFP.
    #[graphql(complexity = "page(premier) * child_complexity")]
    async fn conventions(
        &self,
        ctx: &Context<'_>,
        filtre: Option<FiltreDeclaration>,
        #[graphql(default = 20)] premier: i32,
        apres: Option<String>,
    ) -> Result<Page<CurseurObservation, Observation>> {
        mesures(ctx, "fiphfp.plan", filtre, premier, apres).await
    }

    /// Ce que les conventions ont réalisé, valorisé, plafonné et payé.
    #[graphql(complexity = "page(premier) * child_complexity")]
    async fn avancements(
        &self,
        ctx: &Context<'_>,
        filtre: Option<FiltreDeclaration>,
        #[graphql(default = 20)] premier: i32,
        apres: Option<String>,
    ) -> Result<Page<CurseurObservation, Observation>> {
        mesures(ctx, "fiphfp.avancement", filtre, premier, apres).await
    }

    /// Bénéficiaires de l’obligation d’emploi dans les rapports sociaux uniques.
    #[graphql(complexity = "page(premier) * child_complexity")]
    async fn statistiques_boeth(
        &self,
        ctx: &Context<'_>,
        filtre: Option<FiltreDeclaration>,
        #[graphql(default = 20)] premier: i32,
        apres: Option<String>,
    ) -> Result<Page<CurseurObservation, Observation>> {
        mesures(ctx, "rsu.boeth", filtre, premier, apres).await
    }

    /// États trimestriels du ticket mobilité.
    #[graphql(complexity = "page(premier) * child_complexity")]
    async fn tickets_mobilite(
        &self,
        ctx: &Context<'_>,
        filtre: Option<FiltreDeclaration>,
        #[graphql(default = 20)] premier: i32,
        apres: Option<String>,
    ) -> Result<Page<CurseurObservation, Observation>> {
        mesures(ctx, "mobilite.ticket", filtre, premier, apres).await
    }
}

async fn fiches(
    ctx: &Context<'_>,
    code: &str,
    liste: Option<String>,
    filtre: Option<FiltreDeclaration>,
    premier: i32,
    apres: Option<String>,
) -> Result<Page<CurseurFiche, Fiche>> {
    let premier = limite(premier)?;
    let apres: Option<CurseurFiche> = curseur(apres)?;
    let f = filtre.unwrap_or_default();
    let guichet = guichet(ctx)?.a_la_date(f.a_la_date, f.periode.as_deref()).await.map_err(refuse)?;
    // Records are made for the network at least: the convention audience has none by default.
    let audience = f.audience.map_or_else(|| guichet.appelant().audience.max(AudienceLue::Reseau), Into::into);
    let voulues = FiltreFiche {
        audience: guichet.audience(Some(audience)).map_err(refuse)?,
        jeu: connu(code)?.code.clone(),
        campagne: f.periode,
        liste,
        departement: f.departement,
        emetteur: identifiant(f.emetteur)?,
    };
    let rang = apres.map(|(jeu, campagne, liste, cle, noeud)| RangFiche { jeu, campagne, liste, cle, noeud });
    let lues = guichet.fiches(&voulues, rang.as_ref(), premier + 1).await.map_err(refuse)?;
    let cle = |f: &FicheLue| {
        let r = f.rang.clone();
        (r.jeu, r.campagne, r.liste, r.cle, r.noeud)
    };
    Ok(en_page(lues, premier, rang.is_some(), cle, Fiche::from))
}

async fn mesures(
    ctx: &Context<'_>,
    code: &str,
    filtre: Option<FiltreDeclaration>,
    premier: i32,
    apres: Option<String>,
) -> Result<Page<CurseurObservation, Observation>> {
    let premier = limite(premier)?;
    let rang = curseur(apres)?.map(rang);
    let f = filtre.unwrap_or_default();
    let guichet = guichet(ctx)?.a_la_date(f.a_la_date, f.periode.as_deref()).await.map_err(refuse)?;
    let voulues = Filtre {
        audience: guichet.audience(f.audience.map(Into::into)).map_err(refuse)?,
        campagnes: f.periode.into_iter().collect(),
        jeux: vec![connu(code)?.code.clone()],
        indicateurs: f.indicateur.into_iter().collect(),
        niveau: f.departement.as_ref().map(|_| NiveauLu::Departement),
        territoires: f.departement.into_iter().collect(),
        parent: None,
        emetteur: identifiant(f.emetteur)?,
        ventilations: vec![],
        axes: None,
        depuis: None,
    };
    let lues = guichet.observations(&voulues, rang.as_ref(), premier + 1).await.map_err(refuse)?;
    Ok(en_page(lues, premier, rang.is_some(), place, Observation::from))
}

fn connu(code: &str) -> Result<&'static Jeu> {
    jeu(code).ok_or_else(|| refus("JEU_INCONNU", &format!("« {code} » n’est pas un jeu de données connu.")))
}

//! The root of the API. Each field runs one statement, whatever the number of rows; lists cost what they
//! ask for and stop at 100.

use std::collections::BTreeMap;

use async_graphql::connection::{Connection, Edge, EmptyFields, OpaqueCursor};
use async_graphql::{Context, Error, ErrorExtensions as _, Object, OutputType, Result};
use chrono::{DateTime, Utc};
use hub_storage::dispositif::FiltreDispositif;
use hub_storage::observation::{Filtre, RangObservation, texte_ventilation};
use hub_storage::publication::FiltrePublication;
use hub_storage::remontee::{CleRemontee, FiltreRemontee, Remontee as RemonteeLue};
use hub_storage::{dispositif, noeud, observation};
use referentiel::cellule::Ventilation;
use referentiel::identifiant::IdentifiantNoeud;
use referentiel::jeu::jeux;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::acces::{Guichet, Refus};

use super::noeuds::{Bilan, Campagne, Completude, Dispositif, Moi, Observation, Publication, StatutPublication};
use super::remontee::{EtatRemontee, Remontee, Transition};
use super::types::{Audience, Emetteur, Indicateur, Niveau};

/// Largest page.
const PAGE_MAXIMALE: i32 = 100;

/// Place d’une observation, opaque pour le lecteur.
pub(super) type CurseurObservation = (String, String, String, String, String, String);

/// Liste paginée.
pub(super) type Page<C, N> = Connection<OpaqueCursor<C>, N, EmptyFields, EmptyFields>;

/// Une modalité sur un axe.
#[derive(async_graphql::InputObject)]
struct CoordonneeDemandee {
    /// Axe : sexe, age, emploi…
    axe: String,
    /// Code de la modalité.
    modalite: String,
}

/// Lecture du hub.
#[derive(Default)]
pub struct Lecture;

#[Object]
impl Lecture {
    /// Qui demande, et avec quels droits.
    async fn moi(&self, ctx: &Context<'_>) -> Result<Moi> {
        Ok(Moi::from(guichet(ctx)?))
    }

    /// Campagnes, de la plus récente à la plus ancienne.
    #[graphql(complexity = "page(premier) * child_complexity")]
    async fn campagnes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Campagnes connues à ce moment, telles qu’elles étaient déclarées")] a_la_date: Option<
            DateTime<Utc>,
        >,
        #[graphql(default = 20)] premier: i32,
        apres: Option<String>,
    ) -> Result<Page<String, Campagne>> {
        let premier = limite(premier)?;
        let apres: Option<String> = curseur(apres)?;
        let guichet = guichet(ctx)?;
        let toutes = guichet.campagnes(a_la_date).await.map_err(refuse)?;
        let suite = toutes.into_iter().filter(|c| apres.as_ref().is_none_or(|a| c.code < *a));
        let suite: Vec<_> = suite.take(premier as usize + 1).collect();
        Ok(en_page(suite, premier, apres.is_some(), |c| c.code.clone(), |c| Campagne::nouvelle(c, guichet)))
    }

    /// Une campagne, ou rien.
    async fn campagne(
        &self,
        ctx: &Context<'_>,
        code: String,
        #[graphql(desc = "Campagnes connues à ce moment, telles qu’elles étaient déclarées")] a_la_date: Option<
            DateTime<Utc>,
        >,
    ) -> Result<Option<Campagne>> {
        let guichet = guichet(ctx)?;
        let toutes = guichet.campagnes(a_la_date).await.map_err(refuse)?;
        Ok(toutes.into_iter().find(|c| c.code == code).map(|c| Campagne::nouvelle(c, guichet)))
    }

    /// Centres de gestion qui publient.
    #[graphql(complexity = "page(premier) * child_complexity")]
    async fn emetteurs(
        &self,
        ctx: &Context<'_>,
        region: Option<String>,
        #[graphql(desc = "Centres connus à ce moment, tels qu’ils étaient")] a_la_date: Option<DateTime<Utc>>,
        #[graphql(default = 100)] premier: i32,
        apres: Option<String>,
    ) -> Result<Page<(String, String), Emetteur>> {
        let premier = limite(premier)?;
        let apres: Option<(String, String)> = curseur(apres)?;
        let tous = guichet(ctx)?.emetteurs(a_la_date).await.map_err(refuse)?;
        let suite = tous.into_iter().filter(|n| region.as_ref().is_none_or(|r| n.regions.contains(r)));
        let cle = |n: &noeud::Noeud| (n.nom.clone(), n.identifiant.to_string());
        let suite: Vec<_> =
            suite.filter(|n| apres.as_ref().is_none_or(|a| cle(n) > *a)).take(premier as usize + 1).collect();
        Ok(en_page(suite, premier, apres.is_some(), cle, |n| Emetteur {
            identifiant: n.identifiant.to_string(),
            nom: n.nom,
            organisme: n.organisme,
        }))
    }

    /// Fiches dispositif.
    #[graphql(complexity = "page(premier) * child_complexity")]
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the API")]
    async fn dispositifs(
        &self,
        ctx: &Context<'_>,
        campagne: Option<String>,
        region: Option<String>,
        departement: Option<String>,
        emetteur: Option<String>,
        audience: Option<Audience>,
        #[graphql(desc = "État à ce moment, tel que le registre le rejoue ; demande une campagne")] a_la_date: Option<
            DateTime<Utc>,
        >,
        #[graphql(desc = "Tranches remplacées après ce moment")] mis_a_jour_depuis: Option<DateTime<Utc>>,
        #[graphql(default = 20)] premier: i32,
        apres: Option<String>,
    ) -> Result<Page<(String, String, String), Dispositif>> {
        let premier = limite(premier)?;
        let apres: Option<(String, String, String)> = curseur(apres)?;
        let guichet = guichet(ctx)?.a_la_date(a_la_date, campagne.as_deref()).await.map_err(refuse)?;
        let filtre = FiltreDispositif {
            campagne,
            region,
            departement,
            emetteur: identifiant(emetteur)?,
            depuis: mis_a_jour_depuis,
        };
        let audience = guichet.audience(audience.map(Into::into)).map_err(refuse)?;
        let lus = guichet.dispositifs(audience, &filtre, apres.as_ref(), premier + 1).await.map_err(refuse)?;
        let cle = |d: &dispositif::Dispositif| (d.campagne.clone(), d.reference.clone(), d.noeud.clone());
        Ok(en_page(lus, premier, apres.is_some(), cle, Dispositif::from))
    }

    /// Définitions des indicateurs.
    #[graphql(complexity = "60 * child_complexity")]
    async fn indicateurs(&self, code: Option<String>, jeu: Option<String>) -> Vec<Indicateur> {
        jeux()
            .into_iter()
            .filter(|j| jeu.as_ref().is_none_or(|code| &j.code == code))
            .flat_map(|j| j.mesures.iter().map(move |m| (j, m)))
            .filter(|(_, m)| code.as_ref().is_none_or(|code| &m.code == code))
            .map(|(j, m)| Indicateur::du_jeu(j, m))
            .collect()
    }

    /// Cellules publiées, d’une campagne ou d’un indicateur au moins.
    #[graphql(complexity = "page(premier) * child_complexity")]
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the API")]
    async fn observations(
        &self,
        ctx: &Context<'_>,
        campagne: Option<String>,
        #[graphql(desc = "Jeu de données")] jeu: Option<String>,
        indicateur: Option<String>,
        niveau: Option<Niveau>,
        territoire: Option<String>,
        #[graphql(desc = "Territoire juste au-dessus")] parent: Option<String>,
        emetteur: Option<String>,
        #[graphql(desc = "Axes croisés ; une liste vide demande les totaux")] axes: Option<Vec<String>>,
        #[graphql(desc = "Coordonnées exactes")] ventilation: Option<Vec<CoordonneeDemandee>>,
        audience: Option<Audience>,
        #[graphql(desc = "État à ce moment, tel que le registre le rejoue ; demande une campagne")] a_la_date: Option<
            DateTime<Utc>,
        >,
        #[graphql(desc = "Tranches remplacées après ce moment")] mis_a_jour_depuis: Option<DateTime<Utc>>,
        #[graphql(default = 20)] premier: i32,
        apres: Option<String>,
    ) -> Result<Page<CurseurObservation, Observation>> {
        let premier = limite(premier)?;
        let apres: Option<CurseurObservation> = curseur(apres)?;
        let guichet = guichet(ctx)?.a_la_date(a_la_date, campagne.as_deref()).await.map_err(refuse)?;
        if campagne.is_none() && indicateur.is_none() && jeu.is_none() {
            return Err(refus("FILTRE_REQUIS", "Précisez une campagne, un jeu ou un indicateur."));
        }
        let axes = axes.map(|mut axes| {
            axes.sort_unstable();
            axes.join(",")
        });
        let ventilations = ventilation
            .map(|v| vec![texte_ventilation(&Ventilation::nouvelle(v.into_iter().map(|c| (c.axe, c.modalite))))]);
        let filtre = Filtre {
            audience: guichet.audience(audience.map(Into::into)).map_err(refuse)?,
            campagnes: campagne.into_iter().collect(),
            jeux: jeu.into_iter().collect(),
            indicateurs: indicateur.into_iter().collect(),
            niveau: niveau.map(Into::into),
            territoires: territoire.into_iter().collect(),
            parent,
            emetteur: identifiant(emetteur)?,
            ventilations: ventilations.unwrap_or_default(),
            axes,
            depuis: mis_a_jour_depuis,
        };
        let rang = apres.map(rang);
        let lues = guichet.observations(&filtre, rang.as_ref(), premier + 1).await.map_err(refuse)?;
        Ok(en_page(lues, premier, rang.is_some(), place, Observation::from))
    }

    /// Complétude d’une campagne, par centre et par jeu.
    #[graphql(complexity = "100 * child_complexity")]
    async fn completude(
        &self,
        ctx: &Context<'_>,
        campagne: String,
        #[graphql(desc = "État à ce moment, tel que le registre le rejoue ; demande une campagne")] a_la_date: Option<
            DateTime<Utc>,
        >,
    ) -> Result<Vec<Completude>> {
        let lignes = guichet(ctx)?
            .a_la_date(a_la_date, Some(&campagne))
            .await
            .map_err(refuse)?
            .completude(&campagne)
            .await
            .map_err(refuse)?;
        Ok(lignes.into_iter().map(Completude::from).collect())
    }

    /// Remontées et leur état : ce que la campagne attend de chaque dispositif.
    #[graphql(complexity = "page(premier) * child_complexity")]
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the API")]
    async fn remontees(
        &self,
        ctx: &Context<'_>,
        campagne: Option<String>,
        emetteur: Option<String>,
        dispositif: Option<String>,
        etat: Option<EtatRemontee>,
        #[graphql(desc = "État à ce moment, tel que le registre le rejoue ; demande une campagne")] a_la_date: Option<
            DateTime<Utc>,
        >,
        #[graphql(default = 20)] premier: i32,
        apres: Option<String>,
    ) -> Result<Page<(String, String, String), Remontee>> {
        let premier = limite(premier)?;
        let apres: Option<(String, String, String)> = curseur(apres)?;
        let rang = apres.map(|(campagne, noeud, dispositif)| CleRemontee { campagne, noeud, dispositif });
        let guichet = &guichet(ctx)?.a_la_date(a_la_date, campagne.as_deref()).await.map_err(refuse)?;
        let filtre = FiltreRemontee {
            campagne,
            emetteur: identifiant(emetteur)?.map(|e| e.to_string()),
            dispositif,
            etat: etat.map(Into::into),
        };
        let lues = guichet.remontees(&filtre, rang.as_ref(), premier + 1).await.map_err(refuse)?;
        let mut faits: BTreeMap<CleRemontee, Vec<Transition>> = BTreeMap::new();
        if ctx.look_ahead().field("nodes").field("historique").exists()
            || ctx.look_ahead().field("edges").field("node").field("historique").exists()
        {
            let cles: Vec<CleRemontee> = lues.iter().map(|r| r.cle.clone()).collect();
            for (cle, transition) in guichet.historique(&cles).await.map_err(refuse)? {
                faits.entry(cle).or_default().push(transition.into());
            }
        }
        let cle = |r: &RemonteeLue| (r.cle.campagne.clone(), r.cle.noeud.clone(), r.cle.dispositif.clone());
        let montre = |r: RemonteeLue| {
            let historique = faits.remove(&r.cle).unwrap_or_default();
            Remontee::nouvelle(r, historique, guichet)
        };
        Ok(en_page(lues, premier, rang.is_some(), cle, montre))
    }

    /// Publications reçues, de la plus récente à la plus ancienne.
    #[graphql(complexity = "page(premier) * child_complexity")]
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the API")]
    async fn publications(
        &self,
        ctx: &Context<'_>,
        campagne: Option<String>,
        emetteur: Option<String>,
        statut: Option<StatutPublication>,
        #[graphql(desc = "Reçues jusqu’à ce moment")] a_la_date: Option<DateTime<Utc>>,
        #[graphql(desc = "Reçues après ce moment")] mis_a_jour_depuis: Option<DateTime<Utc>>,
        #[graphql(default = 20)] premier: i32,
        apres: Option<String>,
    ) -> Result<Page<u64, Publication>> {
        let premier = limite(premier)?;
        let apres: Option<u64> = curseur(apres)?;
        let filtre = FiltrePublication {
            campagne,
            emetteur: identifiant(emetteur)?,
            statut: statut.map(|s| s.code().to_owned()),
            jeux: vec![],
            depuis: mis_a_jour_depuis,
            jusqua: a_la_date,
        };
        let guichet = guichet(ctx)?;
        let lues = guichet.publications(filtre, apres, premier + 1).await.map_err(refuse)?;
        Ok(en_page(lues, premier, apres.is_some(), |p| p.ordre, Publication::from))
    }

    /// Ce que le hub détient, tout compté.
    async fn bilan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Décompte à ce moment, tel que le registre le redit")] a_la_date: Option<DateTime<Utc>>,
    ) -> Result<Bilan> {
        let bilan = guichet(ctx)?.bilan(a_la_date).await.map_err(refuse)?;
        let entier = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        Ok(Bilan {
            observations: entier(bilan.observations),
            publications: entier(bilan.acceptees),
            accuses: entier(bilan.entrees),
            refus: entier(bilan.refusees),
        })
    }
}

/// Without a counter nothing is read: a schema executed by itself has no database.
pub(super) fn guichet<'c>(ctx: &Context<'c>) -> Result<&'c Guichet> {
    ctx.data::<Guichet>()
}

/// Place of an observation, from its cursor.
pub(super) fn rang(
    (campagne, indicateur, niveau, territoire, ventilation, noeud): CurseurObservation,
) -> RangObservation {
    RangObservation { campagne, indicateur, niveau, territoire, ventilation, noeud }
}

/// Cursor of an observation.
pub(super) fn place(o: &observation::Observation) -> CurseurObservation {
    let r = o.rang.clone();
    (r.campagne, r.indicateur, r.niveau, r.territoire, r.ventilation, r.noeud)
}

/// Elements that a list may cost, for its complexity.
pub(super) fn page(premier: i32) -> usize {
    usize::try_from(premier.clamp(1, PAGE_MAXIMALE)).unwrap_or(1)
}

pub(super) fn limite(premier: i32) -> Result<u32> {
    match u32::try_from(premier) {
        Ok(n) if (1..=PAGE_MAXIMALE).contains(&premier) => Ok(n),
        _ => Err(refus("PAGE_INVALIDE", &format!("« premier » doit être compris entre 1 et {PAGE_MAXIMALE}."))),
    }
}

pub(super) fn identifiant(texte: Option<String>) -> Result<Option<IdentifiantNoeud>> {
    let lu = texte.map(|t| t.parse::<IdentifiantNoeud>()).transpose();
    lu.map_err(|e| refus("IDENTIFIANT_INVALIDE", &e.to_string()))
}

pub(super) fn curseur<C: Serialize + DeserializeOwned>(texte: Option<String>) -> Result<Option<C>> {
    use async_graphql::connection::CursorType as _;
    let lu = texte.map(|t| OpaqueCursor::<C>::decode_cursor(&t)).transpose();
    lu.map(|c| c.map(|c| c.0)).map_err(|_| refus("CURSEUR_INVALIDE", "Ce curseur n’est pas de cette liste."))
}

pub(super) fn refus(code: &'static str, message: &str) -> Error {
    Error::new(message).extend_with(|_, e| e.set("code", code))
}

/// A refusal as the caller reads it; the cause of a failure stays in the log.
#[expect(clippy::needless_pass_by_value, reason = "given to map_err")]
pub(super) fn refuse(erreur: Refus) -> Error {
    match &erreur {
        Refus::Acces(_) => refus("ACCES_REFUSE", &erreur.to_string()),
        Refus::CampagneRequise => refus("FILTRE_REQUIS", &erreur.to_string()),
        Refus::Transition(_) => refus("ETAT_REFUSE", &erreur.to_string()),
        Refus::Audience => refus("AUDIENCE_REFUSEE", &erreur.to_string()),
        Refus::Base(cause) => {
            tracing::error!(erreur = %cause, "lecture de la base");
            refus("INDISPONIBLE", "Le hub ne peut pas répondre pour le moment.")
        }
    }
}

/// A page of at most `premier` rows out of `premier + 1` read.
pub(super) fn en_page<L, C, N>(
    mut lues: Vec<L>,
    premier: u32,
    precedente: bool,
    cle: impl Fn(&L) -> C,
    mut noeud: impl FnMut(L) -> N,
) -> Page<C, N>
where
    C: Serialize + DeserializeOwned + Send + Sync,
    N: OutputType,
{
    let suivante = lues.len() > premier as usize;
    lues.truncate(premier as usize);
    let mut page = Connection::new(precedente, suivante);
    page.edges.extend(lues.into_iter().map(|lue| Edge::new(OpaqueCursor(cle(&lue)), noeud(lue))));
    page
}

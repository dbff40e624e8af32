//! « Ce qui sort d’ici »: each cell before and after, why it is masked, what differs from the last sending,
//! the exact bytes and their digest; then somebody sends, or lets the schedule do it. The bytes approved are
//! those that were shown: if anything changed since, nothing is sealed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use publication::contenu::{Contenu, ContenuIndicateurs};
use publication::{CleSignature, empreinte_corps};
use referentiel::Decimal;
use referentiel::cellule::{Audience, Cle};
use referentiel::format::{compte, entier};
use referentiel::jeu::{Jeu, Nature, jeu};
use referentiel::periode::Trimestre;
use referentiel::territoire::{self, Niveau};
use secret_statistique::{CelluleProtegee, Motif, TableProtegee, ValeurPubliee};
use serde::Deserialize;
use web::{Cellule, Colonne, Table, Valeur};

use super::Pages;
use super::campagne::Modalite;
use super::envois::avis;
use super::rendu::{Entete, Onglet, Refus, fait, fichier};
use super::session::{Agent, Formulaire};
use crate::emission::{Emetteur, JEUX};
use crate::preparation::Preparee;

/// Cells on a page.
const PAR_PAGE: usize = 50;

/// What the reader chose, in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Choix {
    campagne: Option<Trimestre>,
    jeu: Option<String>,
    audience: Option<String>,
    voir: Option<String>,
    page: Option<usize>,
}

#[derive(Debug, Template)]
#[template(path = "apercu.html")]
struct Apercu<'a> {
    campagne: String,
    code_campagne: String,
    campagnes: Vec<Modalite>,
    jeux: Vec<Modalite>,
    audiences: Vec<Modalite>,
    vues: Vec<Modalite>,
    bilan: String,
    largeur: Option<String>,
    retires: Vec<String>,
    table: Table,
    rien: &'static str,
    precedente: Option<String>,
    suivante: Option<String>,
    rang: String,
    paquets: Vec<Paquet>,
    inchange: bool,
    hub: Option<&'a str>,
    creneaux: Option<String>,
    approuvee: bool,
    jeton: &'a str,
}

/// The bytes of a data set.
#[derive(Debug)]
struct Paquet {
    code: &'static str,
    libelle: String,
    octets: String,
    empreinte: String,
    dernier: &'static str,
}

/// Which cells are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Vue {
    Masquees,
    Differences,
    Tout,
}

impl Vue {
    const TOUTES: [(Self, &'static str, &'static str); 3] = [
        (Self::Masquees, "masquees", "Ce qui est masqué ou différé"),
        (Self::Differences, "differences", "Ce qui change depuis le dernier envoi"),
        (Self::Tout, "tout", "Toutes les cellules"),
    ];

    fn choisie(code: Option<&str>) -> Self {
        Self::TOUTES.iter().find(|(_, c, _)| Some(*c) == code).map_or(Self::Masquees, |(vue, ..)| *vue)
    }
}

/// `GET /apercu`
pub async fn montre(
    State(pages): State<Arc<Pages>>,
    Query(choix): Query<Choix>,
    agent: Agent,
) -> Result<Response, Refus> {
    let trimestre = pages.campagne(choix.campagne).await?;
    let service = &pages.service;
    let cle = service.cle()?;
    let emetteur = pages.emetteur(&cle);
    let voulu = choix.jeu.as_deref().and_then(|v| JEUX.into_iter().find(|j| *j == v)).unwrap_or("ea.indicateurs");
    let vue = Vue::choisie(choix.voir.as_deref());
    let audience = choix.audience.as_deref().and_then(Audience::depuis_code).unwrap_or(Audience::Reseau);
    let mut paquets = Vec::new();
    let mut corps = None;
    let mut approuvee = true;
    let mut inchange = true;
    for code in JEUX {
        let jeu = jeu(code).with_context(|| format!("Le jeu {code} manque."))?;
        let preparee = emetteur.prepare(jeu, trimestre).await?;
        let derniere = emetteur.contenu_publie(jeu, trimestre).await?;
        let octets = preparee.contenu.octets();
        let meme = derniere.as_ref().map(|d| d.octets() == octets);
        approuvee &= service.base.approuvee(code, &trimestre.to_string()).await?;
        inchange &= meme == Some(true);
        paquets.push(Paquet {
            code,
            libelle: jeu.libelle.clone(),
            octets: entier(i64::try_from(octets.len()).unwrap_or(i64::MAX)),
            empreinte: empreinte_corps(&octets).to_string(),
            dernier: match meme {
                None => "jamais envoyé",
                Some(true) => "inchangé depuis le dernier envoi",
                Some(false) => "différent du dernier envoi",
            },
        });
        if code == voulu {
            corps = Some(match &preparee.contenu {
                Contenu::Indicateurs(contenu) => {
                    indicateurs(jeu, &preparee, contenu, derniere.as_ref(), (audience, vue), choix.page)
                }
                Contenu::Dispositifs(contenu) => dispositifs(contenu),
            });
        }
    }
    let Some(corps) = corps else { return Err(Refus::introuvable("Ce jeu de données n’est pas connu.")) };
    let adresse = |page: usize| {
        format!(
            "/apercu?campagne={trimestre}&jeu={voulu}&audience={}&voir={}&page={page}",
            audience.code(),
            Vue::TOUTES.iter().find(|(v, ..)| *v == vue).map_or("masquees", |(_, code, _)| code)
        )
    };
    let contenu = Apercu {
        campagne: trimestre.libelle_long(),
        code_campagne: trimestre.to_string(),
        campagnes: pages.choix_de_campagne(trimestre).await?,
        jeux: JEUX
            .iter()
            .filter_map(|c| jeu(c))
            .map(|j| Modalite::nouvelle(&j.code, &j.libelle, j.code == voulu))
            .collect(),
        audiences: [Audience::Convention, Audience::Reseau, Audience::Public]
            .into_iter()
            .filter(|a| jeu("ea.indicateurs").is_some_and(|j| j.audiences.contains_key(a)))
            .map(|a| Modalite::nouvelle(a.code(), nom_audience(a), a == audience))
            .collect(),
        vues: Vue::TOUTES.map(|(v, code, libelle)| Modalite::nouvelle(code, libelle, v == vue)).into(),
        precedente: (corps.page > 1).then(|| adresse(corps.page - 1)),
        suivante: (corps.page < corps.pages).then(|| adresse(corps.page + 1)),
        rang: format!("Page {} sur {}", corps.page, corps.pages.max(1)),
        bilan: corps.bilan,
        largeur: corps.largeur,
        retires: corps.retires,
        rien: corps.rien,
        table: corps.table,
        paquets,
        inchange,
        hub: service.configuration.hub.as_ref().map(|h| h.adresse.as_str()),
        creneaux: pages.creneaux()?,
        approuvee,
        jeton: &agent.jeton,
    };
    Ok(pages.page(&agent, Entete::nouveau(Onglet::Apercu, "Ce qui sort d’ici"), &contenu))
}

fn nom_audience(audience: Audience) -> &'static str {
    match audience {
        Audience::Convention => "Le centre et sa DTH",
        Audience::Reseau => "Le réseau (pairs, ARS, DREETS)",
        Audience::Public => "Le public",
    }
}

/// What is shown of a data set.
struct Corps {
    bilan: String,
    largeur: Option<String>,
    retires: Vec<String>,
    table: Table,
    rien: &'static str,
    page: usize,
    pages: usize,
}

fn indicateurs(
    jeu: &Jeu,
    preparee: &Preparee,
    contenu: &ContenuIndicateurs,
    derniere: Option<&Contenu>,
    (audience, vue): (Audience, Vue),
    page: Option<usize>,
) -> Corps {
    let vide = Corps {
        bilan: "Ce jeu n’est pas publié pour cette audience.".to_owned(),
        largeur: None,
        retires: vec![],
        table: table(false, vec![]),
        rien: "Rien ne sort pour cette audience.",
        page: 1,
        pages: 1,
    };
    let Some(protegee) = preparee.protegees.iter().find(|t| t.politique().audience == audience) else { return vide };
    let avant = dernieres(derniere, audience);
    let lignes = Lignes { jeu, preparee, contenu, protegee, avant: &avant, motifs: motifs(protegee) };
    let choisies: Vec<&CelluleProtegee> = protegee.cellules().iter().filter(|c| lignes.retient(c, vue)).collect();
    let pages = choisies.len().div_ceil(PAR_PAGE).max(1);
    let page = page.unwrap_or(1).clamp(1, pages);
    let affichees = choisies.iter().skip((page - 1) * PAR_PAGE).take(PAR_PAGE).map(|c| lignes.ligne(c)).collect();
    let r = protegee.rapport();
    let p = protegee.politique();
    Corps {
        bilan: format!(
            "Seuil {} ({} quand le handicap est croisé) : {}, {}, dont {} pour protéger les autres.",
            p.seuil,
            p.seuil_sensible,
            compte(r.publiees as u64, "cellule montrée", "cellules montrées"),
            compte(r.motifs.len() as u64, "masquée", "masquées"),
            entier(i64::try_from(r.complementaires).unwrap_or(i64::MAX)),
        ),
        largeur: r
            .largeur_atteinte
            .map(|l| format!("Toute case masquée garde un intervalle d’au moins {l} pour qui connaît tout le reste.")),
        retires: r.croisements_retires.iter().map(ToString::to_string).collect(),
        table: table(!avant.is_empty(), affichees),
        rien: match vue {
            Vue::Differences if avant.is_empty() => {
                "Ce jeu n’a jamais été envoyé pour cette campagne : tout est nouveau."
            }
            Vue::Differences => "Aucune cellule ne diffère du dernier envoi.",
            Vue::Masquees => "Aucune cellule n’est masquée pour cette audience.",
            Vue::Tout => "Aucune cellule.",
        },
        page,
        pages,
    }
}

fn table(avec_dernier: bool, lignes: Vec<Vec<Cellule>>) -> Table {
    let mut colonnes = vec![
        Colonne::texte("Indicateur"),
        Colonne::texte("Territoire"),
        Colonne::texte("Croisement"),
        Colonne::nombre("Saisi (reste ici)"),
        Colonne::nombre("Publié"),
        Colonne::texte("Pourquoi"),
    ];
    colonnes.extend(avec_dernier.then(|| Colonne::nombre("Dernier envoi")));
    Table {
        identifiant: "cellules",
        titre: "Cellules, avant et après le secret statistique".to_owned(),
        colonnes,
        lignes,
    }
}

type Dernieres<'a> = BTreeMap<&'a Cle, &'a CelluleProtegee>;

fn dernieres(derniere: Option<&Contenu>, audience: Audience) -> Dernieres<'_> {
    let Some(Contenu::Indicateurs(contenu)) = derniere else { return Dernieres::new() };
    contenu.audience(audience).into_iter().flat_map(|a| &a.cellules).map(|c| (&c.cle, c)).collect()
}

fn motifs(protegee: &TableProtegee) -> BTreeMap<&Cle, Motif> {
    protegee.rapport().motifs.iter().map(|(cle, motif)| (cle, *motif)).collect()
}

/// What a row is made from.
struct Lignes<'a> {
    jeu: &'a Jeu,
    preparee: &'a Preparee,
    contenu: &'a ContenuIndicateurs,
    protegee: &'a TableProtegee,
    avant: &'a Dernieres<'a>,
    motifs: BTreeMap<&'a Cle, Motif>,
}

impl Lignes<'_> {
    fn differee(&self, cle: &Cle) -> bool {
        self.protegee.rapport().differees.contains(cle)
    }

    fn retient(&self, c: &CelluleProtegee, vue: Vue) -> bool {
        match vue {
            Vue::Masquees => self.motifs.contains_key(&c.cle) || self.differee(&c.cle),
            Vue::Differences => {
                !self.avant.is_empty()
                    && self.avant.get(&c.cle).is_none_or(|a| (&a.valeur, a.statut) != (&c.valeur, c.statut))
            }
            Vue::Tout => true,
        }
    }

    fn ligne(&self, c: &CelluleProtegee) -> Vec<Cellule> {
        let cle = &c.cle;
        let mesure = self.jeu.mesure(&cle.indicateur);
        let taux = mesure.is_some_and(|m| m.nature == Nature::Taux);
        let mut ligne: Vec<Cellule> = vec![
            mesure.map_or_else(|| cle.indicateur.clone(), |m| format!("{} ({})", m.libelle, m.code)).into(),
            self.territoire(cle).into(),
            self.croisement(cle).into(),
            self.saisi(cle, taux).into(),
            publie(c).into(),
            self.pourquoi(cle).into(),
        ];
        if !self.avant.is_empty() {
            ligne.push(self.avant.get(cle).map_or(Valeur::Rien, |a| publie(a)).into());
        }
        ligne
    }

    fn saisi(&self, cle: &Cle, taux: bool) -> Valeur {
        let brute = self.preparee.brute.as_ref();
        let figure = brute.and_then(|b| b.figure(&b.cellule(cle)?.grandeur));
        match figure {
            Some(f) if taux => Valeur::Taux(f),
            Some(f) => Valeur::Decimal(f.normalize()),
            None => Valeur::Rien,
        }
    }

    fn pourquoi(&self, cle: &Cle) -> &'static str {
        if self.differee(cle) {
            return "montre encore sa valeur antérieure : la correction porte sur moins de personnes que le seuil";
        }
        self.motifs.get(cle).map_or("", |motif| motif.phrase())
    }

    fn territoire(&self, cle: &Cle) -> String {
        let publie = self.contenu.territoires().iter().find(|t| t.niveau == cle.niveau && t.code == cle.territoire);
        let nom = publie.and_then(|t| t.nom.clone()).or_else(|| match cle.niveau {
            Niveau::Departement => {
                cle.territoire.parse().ok().as_ref().and_then(territoire::departement).map(|d| d.nom.clone())
            }
            Niveau::Region => territoire::region(&cle.territoire).map(|r| r.nom.clone()),
            _ => None,
        });
        nom.map_or_else(|| cle.territoire.clone(), |nom| format!("{} {nom}", cle.territoire))
    }

    fn croisement(&self, cle: &Cle) -> String {
        let axes: Vec<String> = cle
            .ventilation
            .axes()
            .map(|(axe, code)| {
                let libelle = self.jeu.axe(axe).map_or(axe, |a| a.libelle.as_str());
                let modalite = self.jeu.nomenclature(axe).and_then(|n| n.modalite(code));
                format!("{libelle} : {}", modalite.map_or(code, |m| m.libelle.as_str()))
            })
            .collect();
        if axes.is_empty() { "ensemble".to_owned() } else { axes.join(", ") }
    }
}

fn publie(c: &CelluleProtegee) -> Valeur {
    match &c.valeur {
        Some(ValeurPubliee::Effectif(n)) => (*n).into(),
        Some(ValeurPubliee::Decimal(d)) => Valeur::Decimal(d.normalize()),
        Some(ValeurPubliee::Taux { numerateur, denominateur }) => {
            numerateur.checked_div(*denominateur).map_or(Valeur::Rien, Valeur::Taux)
        }
        None => Valeur::Absente(c.statut),
    }
}

fn dispositifs(contenu: &publication::ContenuDispositifs) -> Corps {
    let decimal = |d: Option<Decimal>| Cellule::from(d.map_or(Valeur::Rien, |d| Valeur::Decimal(d.normalize())));
    let lignes = contenu.dispositifs().iter().map(|d| {
        vec![
            d.reference.to_string().into(),
            d.nom.clone().into(),
            d.departement.as_ref().map(ToString::to_string).into(),
            d.structures.join("; ").into(),
            d.capacite.into(),
            decimal(d.etp_total),
            decimal(d.etp_hors_administratifs),
            d.professionnels.into(),
            d.liste_attente.into(),
            d.sans_suite.into(),
        ]
    });
    let nombres = ["Capacité", "ETP", "ETP hors administratifs", "Professionnels", "Liste d’attente", "Sans suite"];
    let textes = ["Dispositif", "Nom", "Département", "Structures"];
    Corps {
        bilan: format!(
            "{} en clair : l’organisation seulement.",
            compte(contenu.dispositifs().len() as u64, "fiche dispositif", "fiches dispositif")
        ),
        largeur: None,
        retires: vec![],
        table: Table {
            identifiant: "cellules",
            titre: "Fiches dispositif telles qu’elles sortent".to_owned(),
            colonnes: textes.map(Colonne::texte).into_iter().chain(nombres.map(Colonne::nombre)).collect(),
            lignes: lignes.collect(),
        },
        rien: "Aucune fiche dispositif.",
        page: 1,
        pages: 1,
    }
}

/// `GET /apercu/octets/{jeu}?campagne=…`: the very bytes.
pub async fn octets(
    State(pages): State<Arc<Pages>>,
    Path(code): Path<String>,
    Query(choix): Query<Choix>,
    _agent: Agent,
) -> Result<Response, Refus> {
    let trimestre = pages.campagne(choix.campagne).await?;
    let connu = JEUX.into_iter().find(|j| *j == code).and_then(jeu);
    let jeu = connu.ok_or_else(|| Refus::introuvable("Ce jeu de données n’est pas connu."))?;
    let cle = pages.service.cle()?;
    let preparee = pages.emetteur(&cle).prepare(jeu, trimestre).await?;
    Ok(fichier(&format!("{code}-{trimestre}.json"), "application/json", preparee.contenu.octets()))
}

/// `POST /apercu/envoyer`: seals and sends what was read.
pub async fn envoie(
    State(pages): State<Arc<Pages>>,
    Formulaire { agent, champs }: Formulaire,
) -> Result<Response, Refus> {
    let trimestre = relu(&pages, &champs).await?;
    let hub = pages.service.configuration.hub.as_ref();
    let hub = hub.context("La configuration ne nomme pas de hub : ajoutez une section [hub].")?;
    let cle = pages.service.cle()?;
    pages.emetteur(&cle).publie(hub, &JEUX, trimestre, &agent.acteur).await?;
    let bilan = pages.service.envoie().await.context("Le contenu est scellé et reste en file ; l’envoi est arrêté.")?;
    Ok(pages.va(&agent, "/envois", avis(&bilan)))
}

/// `POST /apercu/planifier`: agrees; the schedule will seal and send.
pub async fn planifie(
    State(pages): State<Arc<Pages>>,
    Formulaire { agent, champs }: Formulaire,
) -> Result<Response, Refus> {
    let trimestre = relu(&pages, &champs).await?;
    let cle = pages.service.cle()?;
    for jeu in JEUX.iter().filter_map(|code| jeu(code)) {
        pages.emetteur(&cle).approuve(jeu, trimestre, &agent.acteur).await?;
    }
    let quand = pages.creneaux()?.unwrap_or_default();
    let texte = format!("L’envoi du {} est approuvé. Il partira seul : {quand}.", trimestre.libelle_long());
    Ok(pages.va(&agent, &format!("/apercu?campagne={trimestre}"), fait(texte)))
}

/// The campaign of the form, once it is sure that what would leave is what was read.
async fn relu(pages: &Pages, champs: &super::session::Champs) -> Result<Trimestre, Refus> {
    let trimestre = pages.campagne(champs.valeur("campagne").parse().ok()).await?;
    if champs.valeur("relu") != "oui" {
        return Err(Refus::impossible(
            "Cochez « J’ai relu ce qui sort » avant d’envoyer : la première publication d’une campagne est toujours relue par quelqu’un.",
        ));
    }
    let lues: BTreeSet<(&str, &str)> = champs.sous("empreinte:").collect();
    let cle = pages.service.cle()?;
    for code in JEUX {
        let jeu = jeu(code).with_context(|| format!("Le jeu {code} manque."))?;
        let octets = pages.emetteur(&cle).prepare(jeu, trimestre).await?.contenu.octets();
        if !lues.contains(&(code, empreinte_corps(&octets).to_string().as_str())) {
            return Err(Refus::impossible(
                "Les fiches ont changé depuis que cet aperçu a été affiché : rien n’est parti. Revenez à l’aperçu et relisez-le.",
            ));
        }
    }
    Ok(trimestre)
}

impl Pages {
    fn emetteur<'a>(&'a self, cle: &'a CleSignature) -> Emetteur<'a> {
        let s = &self.service;
        Emetteur { configuration: &s.configuration, base: &s.base, cle, horloge: s.horloge.as_ref() }
    }

    /// When the schedules will publish, in words; nothing without a schedule.
    pub(super) fn creneaux(&self) -> Result<Option<String>> {
        let maintenant = self.service.horloge.maintenant();
        let mut quand = Vec::new();
        for (code, horaire) in self.service.horaires()? {
            if let Some(prochain) = horaire.suivant(maintenant) {
                let libelle = jeu(code).map_or(code, |j| j.libelle.as_str());
                quand.push(format!("{libelle} le {}", super::envois::moment(prochain)));
            }
        }
        Ok((!quand.is_empty()).then(|| quand.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_cell_shows_a_word_and_a_rate_a_percentage() {
        let cle = Cle {
            indicateur: "EA08".into(),
            niveau: Niveau::Region,
            territoire: "27".into(),
            ventilation: Default::default(),
        };
        let cellule = |valeur, statut| CelluleProtegee { cle: cle.clone(), valeur, statut };
        use referentiel::cellule::Statut;
        assert_eq!(publie(&cellule(None, Statut::Secret)).to_string(), "secret");
        let taux = ValeurPubliee::Taux { numerateur: 1.into(), denominateur: 4.into() };
        assert_eq!(publie(&cellule(Some(taux), Statut::Publie)).to_string(), "25,0\u{a0}%");
        assert_eq!(Vue::choisie(Some("differences")), Vue::Differences);
        assert_eq!(Vue::choisie(None), Vue::Masquees);
    }
}

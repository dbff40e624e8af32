//! « Ce qui sort d’ici »: each cell before and after, why it is masked, what differs from the last sending,
//! the exact bytes and their digest; then somebody sends, or lets the schedule do it. The bytes approved are
//! those that were shown: if anything changed since, nothing is sealed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use publication::contenu::{Contenu, ContenuIndicateurs, FichePubliee};
use publication::{CleSignature, empreinte_corps};
use referentiel::Decimal;
use referentiel::cellule::{Audience, Cle};
use referentiel::format::{compte, entier};
use referentiel::jeu::declaration::Champ;
use referentiel::jeu::{Jeu, Nature, jeu};
use referentiel::periode::Trimestre;
use referentiel::territoire::{self, Niveau};
use secret_statistique::{Cadre, CelluleProtegee, Motif, TableProtegee, ValeurPubliee};
use serde::Deserialize;
use web::{Cellule, Colonne, Table, Valeur};

use super::Pages;
use super::campagne::Modalite;
use super::envois::avis;
use super::lot::Lot;
use super::rendu::{Entete, Onglet, Refus, fait, fichier};
use super::session::{Agent, Formulaire};
use crate::emission::Emetteur;
use crate::jeux::periode::en_toutes_lettres;
use crate::preparation::Preparee;

/// Anchors of the tables of records: a jeu has no more lists.
const IDENTIFIANTS: [&str; 6] = ["fiches-1", "fiches-2", "fiches-3", "fiches-4", "fiches-5", "fiches-6"];
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
    declare: bool,
    campagne: String,
    code_campagne: String,
    code_jeu: &'a str,
    campagnes: Vec<Modalite>,
    jeux: Vec<Modalite>,
    audiences: Vec<Modalite>,
    vues: Vec<Modalite>,
    bilan: String,
    largeur: Option<String>,
    retires: Vec<String>,
    table: Table,
    fiches: Vec<Table>,
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
    let lot = pages.lot(choix.jeu.as_deref(), choix.campagne).await?;
    let periode = lot.periode;
    let service = &pages.service;
    let cle = service.cle()?;
    let emetteur = pages.emetteur(&cle);
    let vue = Vue::choisie(choix.voir.as_deref());
    let publiees: Vec<Audience> = [Audience::Convention, Audience::Reseau, Audience::Public]
        .into_iter()
        .filter(|a| lot.voulu.audiences.contains_key(a))
        .collect();
    let demandee = choix.audience.as_deref().and_then(Audience::depuis_code).unwrap_or(Audience::Reseau);
    let audience = if publiees.is_empty() || publiees.contains(&demandee) { demandee } else { Audience::Convention };
    let mut paquets = Vec::new();
    let mut corps = None;
    let mut approuvee = true;
    let mut inchange = true;
    for jeu in &lot.jeux {
        let preparee = emetteur.prepare(jeu, periode).await?;
        let derniere = emetteur.contenu_publie(jeu, periode).await?;
        let octets = preparee.contenu.octets();
        let meme = derniere.as_ref().map(|d| d.octets() == octets);
        approuvee &= service.base.approuvee(&jeu.code, &periode.to_string()).await?;
        inchange &= meme == Some(true);
        paquets.push(Paquet::nouveau(jeu, &octets, meme));
        if jeu.code == lot.voulu.code {
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
            "/apercu?campagne={periode}&jeu={}&audience={}&voir={}&page={page}",
            lot.voulu.code,
            audience.code(),
            Vue::TOUTES.iter().find(|(v, ..)| *v == vue).map_or("masquees", |(_, code, _)| code)
        )
    };
    let contenu = Apercu {
        declare: lot.declare(),
        campagne: en_toutes_lettres(lot.voulu, periode),
        code_campagne: periode.to_string(),
        code_jeu: &lot.voulu.code,
        campagnes: pages.periodes_du_lot(&lot).await?,
        jeux: lot.jeux.iter().map(|j| Modalite::nouvelle(&j.code, &j.libelle, j.code == lot.voulu.code)).collect(),
        audiences: publiees.into_iter().map(|a| Modalite::nouvelle(a.code(), nom_audience(a), a == audience)).collect(),
        vues: Vue::TOUTES.map(|(v, code, libelle)| Modalite::nouvelle(code, libelle, v == vue)).into(),
        precedente: (corps.page > 1).then(|| adresse(corps.page - 1)),
        suivante: (corps.page < corps.pages).then(|| adresse(corps.page + 1)),
        rang: format!("Page {} sur {}", corps.page, corps.pages.max(1)),
        bilan: corps.bilan,
        largeur: corps.largeur,
        retires: corps.retires,
        rien: corps.rien,
        table: corps.table,
        fiches: corps.fiches,
        paquets,
        inchange,
        hub: service.configuration.hub.as_ref().map(|h| h.adresse.as_str()),
        creneaux: pages.creneaux(|code| lot.jeux.iter().any(|j| j.code == code))?,
        approuvee,
        jeton: &agent.jeton,
    };
    let entete = if lot.declare() {
        let adresse = format!("/jeux/{}?periode={periode}", lot.voulu.code);
        Entete::nouveau(Onglet::Jeux, "Ce qui sort d’ici")
            .sous("/jeux", "Autres jeux")
            .sous(adresse, &lot.voulu.libelle)
    } else {
        Entete::nouveau(Onglet::Apercu, "Ce qui sort d’ici")
    };
    Ok(pages.page(&agent, entete, &contenu))
}

impl Paquet {
    fn nouveau(jeu: &'static Jeu, octets: &[u8], meme: Option<bool>) -> Self {
        Self {
            code: &jeu.code,
            libelle: jeu.libelle.clone(),
            octets: entier(i64::try_from(octets.len()).unwrap_or(i64::MAX)),
            empreinte: empreinte_corps(octets).to_string(),
            dernier: match meme {
                None => "jamais envoyé",
                Some(true) => "inchangé depuis le dernier envoi",
                Some(false) => "différent du dernier envoi",
            },
        }
    }
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
    fiches: Vec<Table>,
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
        fiches: vec![],
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
    let fiches = fiches(jeu, contenu, audience);
    Corps {
        bilan: if protegee.cellules().is_empty() && jeu.tables.is_empty() {
            let combien = fiches.iter().map(|t| t.lignes.len()).sum::<usize>() as u64;
            format!("Ce jeu publie des fiches, pas de chiffres : {}.", compte(combien, "fiche sort", "fiches sortent"))
        } else {
            format!(
                "Seuil {} ({} quand le handicap est croisé) : {}, {}, dont {} pour protéger les autres.",
                p.seuil,
                p.seuil_sensible,
                compte(r.publiees as u64, "cellule montrée", "cellules montrées"),
                compte(r.motifs.len() as u64, "masquée", "masquées"),
                entier(i64::try_from(r.complementaires).unwrap_or(i64::MAX)),
            )
        },
        largeur: r.phrase(),
        retires: r.croisements_retires.iter().map(ToString::to_string).collect(),
        table: table(!avant.is_empty(), affichees),
        fiches,
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
            Vue::Differences => !self.avant.is_empty() && self.avant.get(&c.cle).is_none_or(|a| *a != c),
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
        let brute = self.preparee.brute(self.protegee.politique().audience);
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
        None => match c.cadre {
            Some(Cadre { bas, haut }) => Valeur::Texte(format!("entre {bas} et {haut}")),
            None => Valeur::Absente(c.statut),
        },
    }
}

/// The records that an audience will read, list by list, as they leave: months, labels of the codes.
fn fiches(jeu: &Jeu, contenu: &ContenuIndicateurs, audience: Audience) -> Vec<Table> {
    let publiees = contenu.audience(audience).map_or(&[][..], |a| &a.fiches);
    let listes = jeu.listes.iter().map(|l| l.get_ref()).zip(IDENTIFIANTS);
    let tables = listes.map(|(liste, identifiant)| {
        let champs: Vec<_> = liste.publies().collect();
        let texte = |c: &Champ, valeur: &str| {
            let codes = c.nomenclature.as_deref().and_then(|nom| jeu.nomenclature_de_nom(nom));
            codes.and_then(|l| l.modalite(valeur)).map_or_else(|| valeur.to_owned(), |m| m.libelle.clone())
        };
        let ligne = |f: &FichePubliee| -> Vec<Cellule> {
            champs.iter().map(|c| f.champs.get(&c.code).map(|v| texte(c, v)).into()).collect()
        };
        Table {
            identifiant,
            titre: format!("{} telles qu’elles sortent", liste.libelle),
            colonnes: champs.iter().map(|c| Colonne::texte(&c.libelle)).collect(),
            lignes: publiees.iter().filter(|f| f.liste == liste.code).map(ligne).collect(),
        }
    });
    tables.filter(|t| !t.est_vide()).collect()
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
        fiches: vec![],
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
    let lot = pages.lot(Some(&code), choix.campagne).await?;
    let cle = pages.service.cle()?;
    let preparee = pages.emetteur(&cle).prepare(lot.voulu, lot.periode).await?;
    Ok(fichier(&format!("{}-{}.json", lot.voulu.code, lot.periode), "application/json", preparee.contenu.octets()))
}

/// `POST /apercu/envoyer`: seals and sends what was read.
pub async fn envoie(
    State(pages): State<Arc<Pages>>,
    Formulaire { agent, champs }: Formulaire,
) -> Result<Response, Refus> {
    let lot = relu(&pages, &champs).await?;
    let hub = pages.service.configuration.hub.as_ref();
    let hub = hub.context("La configuration ne nomme pas de hub : ajoutez une section [hub].")?;
    let cle = pages.service.cle()?;
    let codes: Vec<&str> = lot.jeux.iter().map(|j| j.code.as_str()).collect();
    pages.emetteur(&cle).publie(hub, &codes, lot.periode, &agent.acteur).await?;
    let bilan = pages.service.envoie().await.context("Le contenu est scellé et reste en file ; l’envoi est arrêté.")?;
    Ok(pages.va(&agent, "/envois", avis(&bilan)))
}

/// `POST /apercu/planifier`: agrees; the schedule will seal and send.
pub async fn planifie(
    State(pages): State<Arc<Pages>>,
    Formulaire { agent, champs }: Formulaire,
) -> Result<Response, Refus> {
    let lot = relu(&pages, &champs).await?;
    let cle = pages.service.cle()?;
    for jeu in &lot.jeux {
        pages.emetteur(&cle).approuve(jeu, lot.periode, &agent.acteur).await?;
    }
    let quand = pages.creneaux(|code| lot.jeux.iter().any(|j| j.code == code))?.unwrap_or_default();
    let nom = en_toutes_lettres(lot.voulu, lot.periode);
    let texte = format!("L’envoi ({nom}) est approuvé. Il partira seul : {quand}.");
    let adresse = format!("/apercu?campagne={}&jeu={}", lot.periode, lot.voulu.code);
    Ok(pages.va(&agent, &adresse, fait(texte)))
}

/// The jeux and the period of the form, once it is sure that what would leave is what was read.
async fn relu(pages: &Pages, champs: &super::session::Champs) -> Result<Lot, Refus> {
    let lot = pages.lot(Some(champs.valeur("jeu")), champs.valeur("campagne").parse().ok()).await?;
    if champs.valeur("relu") != "oui" {
        return Err(Refus::impossible(
            "Cochez « J’ai relu ce qui sort » avant d’envoyer : la première publication d’une campagne est toujours relue par quelqu’un.",
        ));
    }
    let lues: BTreeSet<(&str, &str)> = champs.sous("empreinte:").collect();
    let cle = pages.service.cle()?;
    for jeu in &lot.jeux {
        let octets = pages.emetteur(&cle).prepare(jeu, lot.periode).await?.contenu.octets();
        if !lues.contains(&(jeu.code.as_str(), empreinte_corps(&octets).to_string().as_str())) {
            return Err(Refus::impossible(
                "Ce qui est enregistré a changé depuis que cet aperçu a été affiché : rien n’est parti. Revenez à l’aperçu et relisez-le.",
            ));
        }
    }
    Ok(lot)
}

impl Pages {
    fn emetteur<'a>(&'a self, cle: &'a CleSignature) -> Emetteur<'a> {
        let s = &self.service;
        Emetteur { configuration: &s.configuration, base: &s.base, cle, horloge: s.horloge.as_ref() }
    }

    /// When the schedules will publish, in words; nothing without a schedule.
    pub(super) fn creneaux(&self, concerne: impl Fn(&str) -> bool) -> Result<Option<String>> {
        let maintenant = self.service.horloge.maintenant();
        let mut quand = Vec::new();
        for (code, horaire) in self.service.horaires()?.into_iter().filter(|(code, _)| concerne(code)) {
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
        let cellule = |valeur, statut| CelluleProtegee { cle: cle.clone(), valeur, cadre: None, statut };
        use referentiel::cellule::Statut;
        assert_eq!(publie(&cellule(None, Statut::Secret)).to_string(), "secret");
        let taux = ValeurPubliee::Taux { numerateur: 1.into(), denominateur: 4.into() };
        assert_eq!(publie(&cellule(Some(taux), Statut::Publie)).to_string(), "25,0\u{a0}%");
        assert_eq!(Vue::choisie(Some("differences")), Vue::Differences);
        assert_eq!(Vue::choisie(None), Vue::Masquees);
    }
}

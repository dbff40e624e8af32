//! One sheet of a jeu as a form, made from its file: labels, units, where each value goes, and beside each field what the
//! checks say. Everything typed goes to the draft first; nothing is lost when something is wrong.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use referentiel::controle::Severite;
use referentiel::jeu::declaration::{Champ, Entete as EnteteDeGrille, GenreChamp, Grille, Liste};
use referentiel::jeu::{Jeu, Mesure, Nature};
use serde::Deserialize;
use tableur::ecriture::genre;
use tableur::modele::Genre;
use web::{Avis, Geste, Ton};

use super::super::Pages;
use super::super::campagne::Modalite;
use super::super::champ::{ChampSaisi, Fautes, Groupe};
use super::super::rendu::{Entete, Onglet, Refus, fait};
use super::super::session::{Agent, Formulaire};
use super::geste::croise;
use super::ouverte::{SaisieOuverte, nom};
use crate::jeux::periode::en_toutes_lettres;
use crate::jeux::saisie::{Case, Feuille, Saisie, place};

/// What the address says.
#[derive(Debug, Default, Deserialize)]
pub struct Choix {
    #[serde(default)]
    periode: Option<String>,
    /// Record, from 1; beyond the last, a new one.
    #[serde(default)]
    fiche: Option<usize>,
}

#[derive(Debug, Template)]
#[template(path = "jeu_feuille.html")]
struct Formule<'a> {
    titre: String,
    periode: String,
    est_grille: bool,
    groupes: Vec<Groupe>,
    fautes: Fautes,
    suivante: bool,
    fiche: Option<usize>,
    nouvelle: bool,
    numero: u32,
    action: String,
    retrait: String,
    retour: String,
    jeton: &'a str,
}

#[derive(Debug, Template)]
#[template(path = "jeu_liste.html")]
struct Fiches<'a> {
    titre: &'a str,
    periode: String,
    sort: &'static str,
    entetes: Vec<&'a str>,
    fiches: Vec<FicheListee>,
    ajouter: String,
    retrait: String,
    numero: u32,
    retour: String,
    jeton: &'a str,
}

/// A record in the list of its sheet.
#[derive(Debug)]
struct FicheListee {
    rang: usize,
    nom: String,
    adresse: String,
    valeurs: Vec<String>,
    fautes: usize,
}

type Erreurs = BTreeMap<Case, Vec<String>>;

/// `GET /jeux/{jeu}/feuilles/{feuille}?periode=…&fiche=…`
pub async fn montre(
    State(pages): State<Arc<Pages>>,
    Path((code, feuille)): Path<(String, String)>,
    Query(choix): Query<Choix>,
    agent: Agent,
) -> Result<Response, Refus> {
    let ouverte = pages.ouvre(&code, choix.periode.as_deref()).await?;
    let feuille = trouvee(ouverte.jeu, &feuille)?;
    match (feuille, choix.fiche) {
        (Feuille::Liste(liste), None) => fiches(&pages, &agent, &ouverte, liste),
        (feuille, fiche) => formulaire(&pages, &agent, &ouverte, feuille, fiche, StatusCode::OK),
    }
}

/// `POST /jeux/{jeu}/feuilles/{feuille}`: to the draft, then on, or back to what is wrong here.
pub async fn ecrit(
    State(pages): State<Arc<Pages>>,
    Path((code, feuille)): Path<(String, String)>,
    Query(choix): Query<Choix>,
    Formulaire { agent, champs }: Formulaire,
) -> Result<Response, Refus> {
    let ouverte = pages.ouvre(&code, choix.periode.as_deref()).await?;
    let feuille = trouvee(ouverte.jeu, &feuille)?;
    let fiche = matches!(feuille, Feuille::Liste(_)).then(|| rang_de_fiche(&ouverte, feuille, choix.fiche));
    let mut saisie = ouverte.saisie.clone();
    for case in cases(ouverte.jeu, feuille, fiche) {
        saisie.pose(&case, champs.valeur(&nom(&case)).to_owned());
    }
    if let Some(rang) = fiche {
        saisie.retire_si_vide(feuille.code(), rang);
    }
    let lue = champs.valeur("numero").parse().unwrap_or(0);
    if saisie != ouverte.saisie && !pages.garde(&agent, &ouverte, (lue, &saisie)).await? {
        return Ok(pages.va(&agent, &ouverte.adresse_feuille(feuille.code()), croise()));
    }
    let ouverte = pages.ouvre(&code, choix.periode.as_deref()).await?;
    let ici = |case: &Case| case.feuille == feuille.code() && fiche.is_none_or(|rang| rang == case.rang);
    let fautif = !champs.valeur("suite").is_empty() && erreurs(&pages, &ouverte)?.keys().any(ici);
    if fautif {
        let rang = fiche.map(|rang| rang + 1);
        return formulaire(&pages, &agent, &ouverte, feuille, rang, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let adresse = match champs.valeur("suite") {
        "feuille" => suivante(ouverte.jeu, feuille).map(|f| ouverte.adresse_feuille(f.code())),
        "fiche" => Some(ouverte.adresse_feuille(feuille.code())),
        _ => None,
    };
    let texte = format!("« {} » est gardée en brouillon.", feuille.libelle());
    Ok(pages.va(&agent, &adresse.unwrap_or_else(|| ouverte.adresse()), fait(texte)))
}

/// `POST /jeux/{jeu}/feuilles/{feuille}/retirer`: a record less, with the way to put it back.
pub async fn retire(
    State(pages): State<Arc<Pages>>,
    Path((code, feuille)): Path<(String, String)>,
    Query(choix): Query<Choix>,
    Formulaire { agent, champs }: Formulaire,
) -> Result<Response, Refus> {
    let ouverte = pages.ouvre(&code, choix.periode.as_deref()).await?;
    let feuille = trouvee(ouverte.jeu, &feuille)?;
    let adresse = ouverte.adresse_feuille(feuille.code());
    let mut saisie = ouverte.saisie.clone();
    let visee: usize = champs.valeur("fiche").parse().unwrap_or(0);
    if let Some(rang) = visee.checked_sub(1) {
        saisie.retire(feuille.code(), rang);
    }
    if saisie == ouverte.saisie {
        return Ok(pages.va(&agent, &adresse, fait("Cette fiche n’était plus là.")));
    }
    let lue = champs.valeur("numero").parse().unwrap_or(0);
    if !pages.garde(&agent, &ouverte, (lue, &saisie)).await? {
        return Ok(pages.va(&agent, &adresse, croise()));
    }
    // Without a draft before it there is no writing to go back to: dropping the draft does the same.
    let (chemin, _) = adresse.split_once("/feuilles/").unwrap_or((&adresse, ""));
    let retour = if ouverte.brouillon.is_some() { "defaire" } else { "abandonner" };
    let geste = Geste {
        adresse: format!("{chemin}/{retour}?periode={}", ouverte.periode),
        libelle: "Remettre la fiche".to_owned(),
        jeton: agent.jeton.clone(),
    };
    let avis = Avis { ton: Ton::Fait, texte: format!("Fiche {visee} retirée du brouillon."), geste: Some(geste) };
    Ok(pages.va(&agent, &adresse, avis))
}

fn trouvee<'j>(jeu: &'j Jeu, code: &str) -> Result<Feuille<'j>, Refus> {
    let trouvee = Feuille::toutes(jeu).into_iter().find(|f| f.code() == code);
    trouvee.ok_or_else(|| Refus::introuvable("Ce jeu de données n’a pas cette feuille."))
}

fn suivante<'j>(jeu: &'j Jeu, ici: Feuille<'_>) -> Option<Feuille<'j>> {
    Feuille::toutes(jeu).into_iter().skip_while(|f| f.code() != ici.code()).nth(1)
}

/// The record of the address, never beyond a new one.
fn rang_de_fiche(ouverte: &SaisieOuverte, feuille: Feuille<'_>, fiche: Option<usize>) -> usize {
    let combien = ouverte.saisie.lignes(feuille.code()).len();
    fiche.and_then(|f| f.checked_sub(1)).unwrap_or(combien).min(combien)
}

/// The cells of a sheet, or of one of its records.
fn cases(jeu: &Jeu, feuille: Feuille<'_>, fiche: Option<usize>) -> Vec<Case> {
    let (rangs, colonnes) = match feuille {
        Feuille::Grille(g) => (0..g.rangs(jeu).len(), g.colonnes(jeu).len()),
        Feuille::Liste(l) => (fiche.map_or(0..0, |f| f..f + 1), l.champs.len()),
    };
    let case = |rang, colonne| Case { feuille: feuille.code().to_owned(), rang, colonne };
    rangs.flat_map(|rang| (0..colonnes).map(move |colonne| case(rang, colonne))).collect()
}

/// What blocks, cell by cell; nothing is said of what nobody began.
fn erreurs(pages: &Pages, ouverte: &SaisieOuverte) -> Result<Erreurs> {
    let mut erreurs = Erreurs::new();
    if ouverte.brouillon.is_none() {
        return Ok(erreurs);
    }
    for a in ouverte.verdict(pages.aujourdhui())?.anomalies {
        if a.severite == Severite::Bloquant
            && let Some(case) = place(ouverte.jeu, &a)
        {
            let correction = a.correction.as_ref().map(|c| format!(" Proposition : {c}.")).unwrap_or_default();
            erreurs.entry(case).or_default().push(format!("{}{correction}", a.message));
        }
    }
    Ok(erreurs)
}

fn formulaire(
    pages: &Pages,
    agent: &Agent,
    ouverte: &SaisieOuverte,
    feuille: Feuille<'_>,
    fiche: Option<usize>,
    statut: StatusCode,
) -> Result<Response, Refus> {
    let jeu = ouverte.jeu;
    let erreurs = erreurs(pages, ouverte)?;
    let rang = matches!(feuille, Feuille::Liste(_)).then(|| rang_de_fiche(ouverte, feuille, fiche));
    let nouvelle = rang.is_some_and(|r| r == ouverte.saisie.lignes(feuille.code()).len());
    let groupes = match feuille {
        Feuille::Grille(g) => grille(jeu, g, &ouverte.saisie, &erreurs),
        Feuille::Liste(l) => {
            vec![Groupe {
                titre: None,
                aide: None,
                champs: fiche_en_champs(jeu, l, rang.unwrap_or(0), &ouverte.saisie, &erreurs),
            }]
        }
    };
    let titre = match rang {
        None => feuille.libelle().to_owned(),
        Some(_) if nouvelle => format!("{} : nouvelle fiche", feuille.libelle()),
        Some(rang) => format!("{} : fiche {}", feuille.libelle(), rang + 1),
    };
    let adresse = ouverte.adresse_feuille(feuille.code());
    let contenu = Formule {
        periode: en_toutes_lettres(jeu, ouverte.periode),
        est_grille: rang.is_none(),
        fautes: Fautes::nouvelles("la saisie est gardée en brouillon", &groupes, vec![]),
        groupes,
        suivante: suivante(jeu, feuille).is_some(),
        fiche: rang.map(|r| r + 1),
        nouvelle,
        numero: ouverte.numero(),
        action: rang.map_or_else(|| adresse.clone(), |r| format!("{adresse}&fiche={}", r + 1)),
        retrait: adresse.replacen('?', "/retirer?", 1),
        retour: if rang.is_some() { adresse } else { ouverte.adresse() },
        jeton: &agent.jeton,
        titre: titre.clone(),
    };
    let titre = if statut == StatusCode::OK { titre } else { format!("Erreur : {titre}") };
    let mut entete =
        Entete::nouveau(Onglet::Jeux, &titre).sous("/jeux", "Autres jeux").sous(ouverte.adresse(), &jeu.libelle);
    if rang.is_some() {
        entete = entete.sous(ouverte.adresse_feuille(feuille.code()), feuille.libelle());
    }
    let avis = pages.sessions.avis(agent);
    Ok(pages.page_avec(statut, entete, avis.as_ref(), &contenu))
}

/// The fields of a grid: one for each row, or a group for each row when it has several columns.
fn grille(jeu: &Jeu, g: &Grille, saisie: &Saisie, erreurs: &Erreurs) -> Vec<Groupe> {
    let (rangs, colonnes) = (g.rangs(jeu), g.colonnes(jeu));
    // One measure is explained once, above its fields.
    let explique = |code: &String| jeu.mesure(code).map(|m| format!("{} ; en {}.", m.definition, m.unite));
    let commune = if let [seule] = g.mesures.as_slice() { explique(seule) } else { None };
    let champ = |rang: usize, r: &EnteteDeGrille, colonne: usize, c: &EnteteDeGrille, libelle: &str| {
        let case = Case { feuille: g.code.clone(), rang, colonne };
        let coordonnee = g.coordonnee(r, c);
        let mesure = coordonnee.as_ref().and_then(|c| jeu.mesure(&c.mesure));
        ChampSaisi {
            nom: nom(&case),
            libelle: libelle.to_owned(),
            valeur: saisie.texte(&case).to_owned(),
            obligatoire: false,
            aide: mesure.filter(|_| commune.is_none()).and_then(|m| explique(&m.code)),
            portee: mesure.map_or("reste ici", |m| portee_du_chiffre(jeu, m)),
            erreurs: erreurs.get(&case).cloned().unwrap_or_default(),
            choix: None,
            long: false,
        }
    };
    let par_ligne = colonnes.len() > 1;
    let groupes = rangs.iter().enumerate().map(|(n, r)| {
        let champs = colonnes.iter().enumerate().map(|(m, c)| {
            let libelle = if par_ligne { &c.libelle } else { &r.libelle };
            champ(n, r, m, c, libelle)
        });
        Groupe { titre: par_ligne.then(|| r.libelle.clone()), aide: None, champs: champs.collect() }
    });
    let mut groupes: Vec<Groupe> = if par_ligne {
        groupes.collect()
    } else {
        vec![Groupe { titre: None, aide: None, champs: groupes.flat_map(|g| g.champs).collect() }]
    };
    if let Some(premier) = groupes.first_mut() {
        premier.aide = commune.clone();
    }
    groupes
}

/// Where a figure goes.
fn portee_du_chiffre(jeu: &Jeu, mesure: &Mesure) -> &'static str {
    match mesure.nature {
        _ if !jeu.tables.iter().any(|t| t.mesures.contains(&mesure.code)) => "reste ici",
        Nature::Operationnel => "sort tel quel",
        Nature::Contractuel => "sort exact pour la convention, protégé pour les autres",
        _ => "sort, protégé par le secret statistique",
    }
}

fn fiche_en_champs(
    jeu: &'static Jeu,
    liste: &Liste,
    rang: usize,
    saisie: &Saisie,
    erreurs: &Erreurs,
) -> Vec<ChampSaisi> {
    let champ = |(colonne, c): (usize, &Champ)| {
        let case = Case { feuille: liste.code.clone(), rang, colonne };
        let valeur = saisie.texte(&case).to_owned();
        ChampSaisi {
            nom: nom(&case),
            libelle: c.libelle.clone(),
            obligatoire: c.obligatoire,
            aide: aide(c.genre).map(str::to_owned),
            portee: portee(liste, c),
            erreurs: erreurs.get(&case).cloned().unwrap_or_default(),
            choix: choix(jeu, c, &valeur),
            long: c.genre == GenreChamp::Texte && c.code != liste.cle,
            valeur,
        }
    };
    liste.champs.iter().enumerate().map(champ).collect()
}

fn choix(jeu: &'static Jeu, champ: &Champ, valeur: &str) -> Option<Vec<Modalite>> {
    let mut libelles: Vec<String> = match (champ.genre, genre(jeu, champ)) {
        (GenreChamp::OuiNon, _) => vec!["oui".to_owned(), "non".to_owned()],
        (_, Genre::Modalite(liste, _)) => liste.saisissables().map(|m| m.libelle.clone()).collect(),
        _ => return None,
    };
    // What a workbook held stays to be read, faulty or not.
    if !valeur.is_empty() && !libelles.iter().any(|l| l == valeur) {
        libelles.push(valeur.to_owned());
    }
    let vide = Modalite::nouvelle("", "Non renseigné", valeur.is_empty());
    Some(std::iter::once(vide).chain(libelles.into_iter().map(|l| Modalite::nouvelle(&l, &l, l == valeur))).collect())
}

fn aide(genre: GenreChamp) -> Option<&'static str> {
    match genre {
        GenreChamp::Date => Some("Format jj/mm/aaaa, par exemple 31/03/2026"),
        GenreChamp::Montant => Some("En euros, par exemple 1 250,50"),
        GenreChamp::Decimal => Some("Par exemple 3,5"),
        GenreChamp::Effectif => Some("Nombre entier de personnes"),
        GenreChamp::Entier => Some("Nombre entier"),
        GenreChamp::Texte | GenreChamp::OuiNon | GenreChamp::Code => None,
    }
}

/// Where a field of a record goes.
fn portee(liste: &Liste, champ: &Champ) -> &'static str {
    if liste.audience.is_none() || champ.interne || !liste.publies().any(|c| c.code == champ.code) {
        "reste ici"
    } else if liste.regroupement.is_some() {
        "sort regroupé, au-dessus du seuil"
    } else if champ.genre == GenreChamp::Date {
        "sort, au mois près"
    } else if champ.genre == GenreChamp::Texte {
        "sort tel quel : n’écrivez rien d’une personne"
    } else {
        "sort tel quel"
    }
}

fn fiches(pages: &Pages, agent: &Agent, ouverte: &SaisieOuverte, liste: &Liste) -> Result<Response, Refus> {
    let erreurs = erreurs(pages, ouverte)?;
    let montres: Vec<usize> =
        (0..liste.champs.len()).filter(|n| liste.champs.get(*n).is_some_and(|c| c.code != liste.cle)).take(3).collect();
    let cle = liste.champs.iter().position(|c| c.code == liste.cle).unwrap_or(0);
    let adresse = ouverte.adresse_feuille(&liste.code);
    let texte = |rang, colonne| {
        let lu = ouverte.saisie.texte(&Case { feuille: liste.code.clone(), rang, colonne });
        if lu.is_empty() { "–".to_owned() } else { lu.chars().take(80).collect() }
    };
    let combien = ouverte.saisie.lignes(&liste.code).len();
    let listee = |rang| FicheListee {
        rang: rang + 1,
        nom: texte(rang, cle),
        adresse: format!("{adresse}&fiche={}", rang + 1),
        valeurs: montres.iter().map(|c| texte(rang, *c)).collect(),
        fautes: erreurs.iter().filter(|(c, _)| c.feuille == liste.code && c.rang == rang).map(|(_, e)| e.len()).sum(),
    };
    let entetes: Vec<&str> = std::iter::once(&cle)
        .chain(&montres)
        .filter_map(|n| liste.champs.get(*n))
        .map(|c| c.libelle.as_str())
        .collect();
    let contenu = Fiches {
        titre: &liste.libelle,
        periode: en_toutes_lettres(ouverte.jeu, ouverte.periode),
        sort: match (&liste.audience, &liste.regroupement) {
            (None, _) => "Ces fiches restent ici ; elles servent aux contrôles.",
            (_, Some(_)) => "Ces fiches sortent regroupées, quand chaque groupe atteint le seuil.",
            _ if liste.cycle.is_some() => "Seules sortent les fiches arrivées au dernier état.",
            _ => "Ces fiches sortent telles quelles, champs internes exceptés.",
        },
        entetes,
        fiches: (0..combien).map(listee).collect(),
        ajouter: format!("{adresse}&fiche={}", combien + 1),
        retrait: adresse.replacen('?', "/retirer?", 1),
        numero: ouverte.numero(),
        retour: ouverte.adresse(),
        jeton: &agent.jeton,
    };
    let entete = Entete::nouveau(Onglet::Jeux, &liste.libelle)
        .sous("/jeux", "Autres jeux")
        .sous(ouverte.adresse(), &ouverte.jeu.libelle);
    Ok(pages.page(agent, entete, &contenu))
}

//! Steps 2 to 4 of the path for one campaign: fiches → raw table → protected tables → content.
//!
//! What comes out is exactly what would leave. The preview and the sending share this module, so they
//! cannot disagree: the salt is drawn from the node's key and the content, the same each time.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;
use dossier::calcul::{SituationNoeud, calculer};
use dossier::{FicheDispositif, Remontee};
use publication::contenu::{Contenu, Origine, Parent, TerritoirePublie};
use publication::reference::SeuilExige;
use publication::{CleSignature, DispositifPublie};
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;
use referentiel::cellule::{Audience, Cle, Statut};
use referentiel::identifiant::{CodeDepartement, IdentifiantNoeud};
use referentiel::jeu::declaration::Declaration;
use referentiel::jeu::{Jeu, Methode};
use referentiel::periode::Trimestre;
use referentiel::territoire::{self, Niveau};
use secret_statistique::retrait::Croisement;
use secret_statistique::{CelluleProtegee, EchecProtection, Passe, Politique, TableBrute, TableProtegee, proteger};
use sha2::{Digest, Sha256};

use crate::jeux::{fiches, table};
use crate::reference::releve;

/// What is known before preparing: the fiches, and what readers were already shown.
pub struct Matiere<'a> {
    /// Node that publishes.
    pub noeud: &'a IdentifiantNoeud,
    /// Its key, from which the salt is drawn.
    pub cle: &'a CleSignature,
    /// Campaign.
    pub trimestre: Trimestre,
    /// Département the declared jeux are published for.
    pub departement: Option<&'a CodeDepartement>,
    /// Thresholds the hub asks for, over those of the jeux.
    pub seuils: &'a [SeuilExige],
    /// What was keyed or computed for a declared jeu.
    pub declaration: Option<&'a Declaration>,
    /// Remontées of the campaign, one for each dispositif.
    pub courantes: &'a [Remontee],
    /// Those of the campaign before.
    pub precedentes: &'a [Remontee],
    /// Last live revision of the same series, if any.
    pub derniere_revision: Option<&'a Contenu>,
    /// Last revision of the quarter before, for a stable pattern of masked cells.
    pub trimestre_precedent: Option<&'a Contenu>,
}

/// A content ready to be sealed, with what the node alone may see of how it was made.
pub struct Preparee {
    /// What would leave.
    pub contenu: Contenu,
    /// The raw tables, for the preview « avant / après »: what a convention pays for is another figure for its peers.
    brutes: BTreeMap<Audience, TableBrute>,
    /// The protected tables, with the account of each protection.
    pub protegees: Vec<TableProtegee>,
}

impl Preparee {
    /// The raw table that an audience's table was protected from.
    pub fn brute(&self, audience: Audience) -> Option<&TableBrute> {
        self.brutes.get(&audience)
    }
}

/// Prepares the content of a jeu.
pub fn prepare(jeu: &Jeu, m: &Matiere<'_>) -> Result<Preparee> {
    if let Some(declaration) = m.declaration {
        return declares(jeu, m, declaration);
    }
    if m.courantes.is_empty() {
        bail!("Aucune fiche n’est enregistrée pour la campagne {} : importez d’abord un classeur.", m.trimestre);
    }
    match jeu.code.as_str() {
        "ea.dispositif" => dispositifs(jeu, m),
        _ => indicateurs(jeu, m),
    }
}

/// Step 2: the raw table of a campaign. Does not leave the node.
pub fn table_brute(jeu: &Jeu, courantes: &[Remontee], precedentes: &[Remontee]) -> Result<TableBrute> {
    calculer(&SituationNoeud { campagne: courantes, precedente: precedentes }, jeu)
        .context("Les indicateurs ne se calculent pas sur ces fiches.")
}

fn indicateurs(jeu: &Jeu, m: &Matiere<'_>) -> Result<Preparee> {
    let brute = table_brute(jeu, m.courantes, m.precedentes)?;
    let protegees = protege(jeu, m, |_| Ok(brute.clone()))?;
    let brutes = protegees.iter().map(|t| (t.politique().audience, brute.clone())).collect();
    let territoires = territoires(&brute, m.courantes);
    let refs: Vec<&TableProtegee> = protegees.iter().collect();
    let contenu = sale(m.cle, |sel| Ok(Contenu::indicateurs(&refs, origine(jeu, m), territoires.clone(), sel)?))?;
    Ok(Preparee { contenu, brutes, protegees })
}

/// A declared jeu: its figures protected for each audience, and its records.
fn declares(jeu: &Jeu, m: &Matiere<'_>, declaration: &Declaration) -> Result<Preparee> {
    let departement = m.departement.context(
        "La configuration ne dit pas pour quel département ce centre déclare : ajoutez « departement » à [noeud].",
    )?;
    let brute = |audience| table::brute(jeu, declaration, departement, audience);
    let protegees = protege(jeu, m, brute)?;
    let mut brutes = BTreeMap::new();
    for audience in protegees.iter().map(|t| t.politique().audience) {
        brutes.insert(audience, brute(audience)?);
    }
    let territoire = TerritoirePublie {
        niveau: Niveau::Departement,
        code: departement.as_str().to_owned(),
        nom: None,
        parent: None,
    };
    let fiches = fiches::publiees(jeu, declaration, &protegees);
    let refs: Vec<&TableProtegee> = protegees.iter().collect();
    let contenu = sale(m.cle, |sel| {
        Ok(Contenu::declares(&refs, fiches.clone(), origine(jeu, m), vec![territoire.clone()], sel)?)
    })?;
    Ok(Preparee { contenu, brutes, protegees })
}

/// Step 3, for each audience of the jeu. What the jeu asks for is asked of all audiences together, for they are read
/// together: where one table does not allow it, all are masked, and the preview says so.
fn protege(jeu: &Jeu, m: &Matiere<'_>, brute: impl Fn(Audience) -> Result<TableBrute>) -> Result<Vec<TableProtegee>> {
    // A revision keeps the method of what it corrects: two methods for one period would be read side by side.
    let methode = methode_publiee(m.derniere_revision).unwrap_or(jeu.politique);
    match protege_par(jeu, methode, m, &brute)? {
        Ok(protegees) => Ok(protegees),
        Err(echec) if m.derniere_revision.is_none() => {
            let raison =
                format!("{echec} Elle est masquée : la politique « {} » du jeu ne s’y applique pas.", methode.code());
            let mut protegees = protege_par(jeu, Methode::Masquage, m, &brute)??;
            protegees.iter_mut().for_each(|t| t.explique_le_repli(&raison));
            Ok(protegees)
        }
        Err(echec) => Err(echec).context(
            "Une révision garde la politique de l’envoi qu’elle corrige : retirez cet envoi pour masquer la table.",
        ),
    }
}

fn methode_publiee(contenu: Option<&Contenu>) -> Option<Methode> {
    match contenu {
        Some(Contenu::Indicateurs(c)) => c.audiences().first().map(|a| a.politique.methode),
        _ => None,
    }
}

/// Every audience by one method; the inner refusal is that of a table that does not allow it.
fn protege_par(
    jeu: &Jeu,
    methode: Methode,
    m: &Matiere<'_>,
    brute: &impl Fn(Audience) -> Result<TableBrute>,
) -> Result<Result<Vec<TableProtegee>, EchecProtection>> {
    let mut protegees: Vec<TableProtegee> = Vec::new();
    // From the nearest audience to the widest: what is masked for one is masked for the next.
    for audience in [Audience::Convention, Audience::Reseau, Audience::Public] {
        let Some(mut politique) = Politique::du_jeu(jeu, audience) else { continue };
        politique.methode = methode;
        releve(&mut politique, &jeu.code, m.seuils);
        let brute = brute(audience)?;
        let mut passe = passe(m, (audience, methode), &brute);
        if let Some(proche) = protegees.last() {
            passe.apres(&brute, proche);
        }
        match proteger(&brute, &politique, &passe) {
            Ok(protegee) => protegees.push(protegee),
            Err(echec @ EchecProtection::SansArrondi(_)) => return Ok(Err(echec)),
            Err(echec) => {
                let audience = audience.code();
                return Err(echec)
                    .context(format!("La table ne peut pas être protégée pour l’audience « {audience} »."));
            }
        }
    }
    Ok(Ok(protegees))
}

fn passe(m: &Matiere<'_>, (audience, methode): (Audience, Methode), brute: &TableBrute) -> Passe {
    let mut passe = Passe::default();
    let connues: BTreeSet<&Cle> = cellules_de(m.derniere_revision, audience).map(|c| &c.cle).collect();
    if m.derniere_revision.is_some() && methode == Methode::Regroupement {
        let calculees = brute.cellules().iter().map(|c| &c.cle);
        passe.deja_regroupees = calculees.filter(|cle| !connues.contains(cle)).cloned().collect();
    } else if m.derniere_revision.is_some() {
        let montres: BTreeSet<Croisement> = connues.iter().map(|cle| Croisement::de(cle)).collect();
        let calcules = brute.cellules().iter().map(|c| Croisement::de(&c.cle));
        passe.croisements_retires = calcules.filter(|c| c.axes.len() > 1 && !montres.contains(c)).collect();
    }
    for c in cellules_de(m.derniere_revision, audience) {
        passe.cadres.extend(c.cadre.map(|cadre| (c.cle.clone(), cadre)));
        match &c.valeur {
            Some(valeur) => {
                passe.deja_publiees.insert(c.cle.clone(), valeur.clone());
            }
            None => passe.deja_masquees.extend((c.statut == Statut::Secret).then(|| c.cle.clone())),
        }
    }
    passe.motif_precedent = masquees(cellules_de(m.trimestre_precedent, audience));
    passe
}

fn cellules_de(contenu: Option<&Contenu>, audience: Audience) -> impl Iterator<Item = &CelluleProtegee> {
    let audiences = match contenu {
        Some(Contenu::Indicateurs(c)) => c.audiences(),
        _ => &[],
    };
    audiences.iter().filter(move |a| a.politique.audience == audience).flat_map(|a| &a.cellules)
}

fn masquees<'a>(cellules: impl Iterator<Item = &'a CelluleProtegee>) -> BTreeSet<Cle> {
    cellules.filter(|c| c.statut == Statut::Secret).map(|c| c.cle.clone()).collect()
}

fn origine(jeu: &Jeu, m: &Matiere<'_>) -> Origine {
    let date: NaiveDate = m.courantes.iter().map(|r| r.date).max().unwrap_or(m.trimestre.fin());
    Origine { version_jeu: jeu.version.clone(), emetteur: m.noeud.clone(), periode: m.trimestre, date }
}

/// Territories the cells refer to, with the names the hub cannot know.
fn territoires(brute: &TableBrute, remontees: &[Remontee]) -> Vec<TerritoirePublie> {
    let noms: BTreeMap<String, Option<String>> =
        fiches(remontees).map(|d| (d.reference.to_string(), d.nom.clone())).collect();
    let cites: BTreeSet<(Niveau, String)> =
        brute.cellules().iter().map(|c| (c.cle.niveau, c.cle.territoire.clone())).collect();
    cites
        .into_iter()
        .map(|(niveau, code)| {
            let parent = brute.parents().get(&(niveau, code.clone()));
            TerritoirePublie {
                nom: if niveau == Niveau::Dispositif { noms.get(&code).cloned().flatten() } else { None },
                parent: parent.map(|(niveau, code)| Parent { niveau: *niveau, code: code.clone() }),
                niveau,
                code,
            }
        })
        .collect()
}

fn dispositifs(jeu: &Jeu, m: &Matiere<'_>) -> Result<Preparee> {
    let publies: Vec<DispositifPublie> = fiches(m.courantes).map(dispositif_publie).collect();
    let contenu = sale(m.cle, |sel| Ok(Contenu::dispositifs(origine(jeu, m), publies.clone(), sel)?))?;
    Ok(Preparee { contenu, brutes: BTreeMap::new(), protegees: vec![] })
}

fn fiches(remontees: &[Remontee]) -> impl Iterator<Item = &FicheDispositif> {
    remontees.iter().flat_map(|r| &r.dispositifs)
}

/// The organisation only: the access list (`FicheDispositif::acces`) stays.
fn dispositif_publie(d: &FicheDispositif) -> DispositifPublie {
    let region = d.departement.as_ref().and_then(territoire::departement).map(|dep| dep.region.clone());
    DispositifPublie {
        reference: d.reference.clone(),
        nom: d.nom.clone(),
        departement: d.departement.clone(),
        region,
        statut: d.statut.code().to_owned(),
        structures: d.structures.clone(),
        capacite: d.capacite.map(u64::from),
        etp_total: d.etp_total,
        etp_hors_administratifs: d.etp_hors_administratifs,
        professionnels: d.professionnels.map(u64::from),
        liste_attente: d.liste_attente.map(u64::from),
        sans_suite: d.sans_suite.map(u64::from),
    }
}

/// Salts a content with 128 bits that only this node can draw: the same content always gets the same
/// salt, so that the preview is byte for byte what leaves and an unchanged content is recognised.
fn sale(cle: &CleSignature, fabrique: impl Fn(&mut ChaCha20Rng) -> Result<Contenu>) -> Result<Contenu> {
    let pem = cle.pem()?;
    let graine = |corps: &[u8]| -> [u8; 32] {
        let mut condense = Sha256::new();
        condense.update(b"maillage/salt/v1\0");
        condense.update(Sha256::digest(pem.as_bytes()));
        condense.update(corps);
        condense.finalize().into()
    };
    let neutre = fabrique(&mut ChaCha20Rng::from_seed([0; 32]))?;
    fabrique(&mut ChaCha20Rng::from_seed(graine(&neutre.octets())))
}

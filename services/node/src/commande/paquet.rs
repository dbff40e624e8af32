//! `maillage-node paquet`: the CFEA package of a campaign, sealed for its recipients. Only in the mode that the centre chose
//! in its configuration; every package is a line of the journal.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use dossier::Remontee;
use referentiel::format;
use sha2::{Digest, Sha256};
use tableur::Modele;

use super::{Acces, CampagneOption, dit};
use crate::configuration::ModeFiches;
use crate::paquet::{self, Pseudonymes};
use crate::saisie::modele::Tranche;

/// Options of `paquet`.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    campagne: CampagneOption,
    /// Paquet à écrire, chiffré pour ses destinataires.
    #[arg(short, long, value_name = "FICHIER")]
    o: PathBuf,
}

/// Writes the package.
pub fn execute(acces: &Acces, o: &Options) -> Result<ExitCode> {
    let trimestre = o.campagne.campagne;
    let reglage = &acces.configuration.publication;
    if reglage.fiches == ModeFiches::Aucune {
        bail!(
            "Ce centre ne transmet aucune fiche : c’est le réglage par défaut. Pour un paquet CFEA, écrivez dans la configuration [publication] fiches = \"scellees\" ou \"pseudonymisees\", et les clés de ses destinataires."
        );
    }
    let destinataires = paquet::destinataires(&reglage.destinataires)?;
    let base = acces.attends(acces.base())?;
    let remontees = acces.attends(base.remontees(trimestre))?;
    if remontees.is_empty() {
        bail!("Aucune fiche n’est enregistrée pour la campagne {trimestre} : importez d’abord ses classeurs.");
    }
    let personnes: usize = remontees.iter().map(|r| r.personnes.len()).sum();
    let prepare = |r: Remontee| match reglage.fiches {
        ModeFiches::Pseudonymisees => {
            let secret = std::fs::read(&acces.configuration.noeud.cle)
                .with_context(|| format!("La clé « {} » ne se lit pas.", acces.configuration.noeud.cle.display()))?;
            let pseudonymes = Pseudonymes::nouveaux(&secret, &trimestre.to_string(), &reglage.destinataires);
            Ok(paquet::pseudonymise(r, &pseudonymes)?)
        }
        ModeFiches::Aucune | ModeFiches::Scellees => Ok(paquet::sans_contacts(r)),
    };
    let prepares = remontees.into_iter().map(prepare).collect::<Result<Vec<_>>>()?;
    let jour = acces.maintenant().date_naive();
    // The recipient’s workbook is that of the CFEA, whatever layout this centre keys in.
    let modele = Modele::cfea();
    let classeur = Tranche::de_plusieurs(modele, &prepares)
        .classeur(modele, jour)
        .context("Le classeur du paquet n’a pas pu être écrit.")?;
    let scelle = paquet::scelle(&classeur, &destinataires)?;
    let condense: String = Sha256::digest(&scelle).iter().map(|o| format!("{o:02x}")).collect();
    // Written down before it is there: no package without its line.
    let objet = format!("{trimestre} {} {} {condense}", reglage.fiches.code(), destinataires.len());
    acces.attends(base.note(acces.maintenant(), &acces.acteur(), "ecrire-paquet", &objet))?;
    acces.attends(base.ferme());
    ecrit(&o.o, &scelle)?;
    dit(&format!(
        "{}  {condense}\n{}, pour {} : personne d’autre ne peut l’ouvrir, pas même ce centre.",
        o.o.display(),
        format::compte(personnes as u64, "fiche personne", "fiches personne"),
        format::compte(destinataires.len() as u64, "destinataire", "destinataires"),
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Never over another file, and for its owner alone.
fn ecrit(fichier: &Path, octets: &[u8]) -> Result<()> {
    let ouvert = OpenOptions::new().write(true).create_new(true).mode(0o600).open(fichier);
    let mut ouvert = ouvert.with_context(|| {
        format!("« {} » n’a pas été écrit (un fichier de ce nom existe peut-être déjà).", fichier.display())
    })?;
    ouvert.write_all(octets).and_then(|()| ouvert.sync_all()).context("écriture du paquet")
}

//! From what a jeu declares to its raw table, for one audience. What a convention pays for is exact for those
//! who sign it and a count of persons for all others; what the jeu does not publish to that audience is left out.

use anyhow::{Context, Result};
use referentiel::Decimal;
use referentiel::cellule::{Audience, Cle, Ventilation};
use referentiel::identifiant::CodeDepartement;
use referentiel::jeu::declaration::Declaration;
use referentiel::jeu::{Jeu, Mesure, Nature, Terme};
use referentiel::territoire::Niveau;
use rust_decimal::prelude::ToPrimitive as _;
use secret_statistique::{CelluleBrute, Grandeur, TableBrute};

/// The raw table of a declaration.
pub fn brute(
    jeu: &Jeu,
    declaration: &Declaration,
    departement: &CodeDepartement,
    audience: Audience,
) -> Result<TableBrute> {
    let cle = |mesure: &str, ventilation: Ventilation| Cle {
        indicateur: mesure.to_owned(),
        niveau: Niveau::Departement,
        territoire: departement.as_str().to_owned(),
        ventilation,
    };
    let mut cellules = Vec::new();
    for (place, valeur) in &declaration.cellules {
        let Some(mesure) = jeu.mesure(&place.mesure) else { continue };
        if !publiee(jeu, mesure, &place.ventilation, audience) {
            continue;
        }
        let grandeur = grandeur(mesure, *valeur, audience)
            .with_context(|| format!("« {} » : {valeur} n’est pas un effectif.", mesure.libelle))?;
        cellules.push(CelluleBrute { cle: cle(&mesure.code, place.ventilation.clone()), grandeur });
    }
    let presente = |c: &Cle| cellules.iter().any(|autre| autre.cle == *c);
    let taux: Vec<CelluleBrute> = jeu
        .mesures
        .iter()
        .filter(|m| publiee(jeu, m, &Ventilation::default(), audience))
        .filter_map(|m| {
            let terme = |t: &Terme| cle(&t.mesure, Ventilation::nouvelle(t.ventilation.clone()));
            let (numerateur, denominateur) = (terme(m.numerateur.as_ref()?), terme(m.denominateur.as_ref()?));
            let complet = presente(&numerateur) && presente(&denominateur);
            let taux = || Grandeur::Taux { numerateur, denominateur };
            complet.then(|| CelluleBrute { cle: cle(&m.code, Ventilation::default()), grandeur: taux() })
        })
        .collect();
    cellules.extend(taux);
    TableBrute::nouvelle(&jeu.code, cellules, Default::default()).context("La saisie ne fait pas une table.")
}

/// Whether a table of the jeu shows this measure, crossed by these axes, to this audience.
fn publiee(jeu: &Jeu, mesure: &Mesure, ventilation: &Ventilation, audience: Audience) -> bool {
    let axes: Vec<&str> = ventilation.axes().map(|(axe, _)| axe).collect();
    let niveau = jeu.tables_du_niveau(Niveau::Departement).filter(|t| t.est_pour(audience));
    let mut montrant = niveau.filter(|t| t.mesures.contains(&mesure.code));
    montrant.any(|t| axes.is_empty() || t.croisements.iter().any(|c| axes.iter().all(|a| c.iter().any(|x| x == a))))
}

fn grandeur(mesure: &Mesure, valeur: Decimal, audience: Audience) -> Option<Grandeur> {
    let effectif = || valeur.is_integer().then(|| valeur.to_u64()).flatten().map(Grandeur::Effectif);
    match mesure.nature {
        Nature::Contractuel if audience == Audience::Convention => Some(Grandeur::Operationnel(valeur)),
        Nature::Contractuel | Nature::Stock | Nature::Flux | Nature::Cumul => effectif(),
        Nature::Operationnel => Some(Grandeur::Operationnel(valeur)),
        Nature::Part | Nature::Taux | Nature::Derive | Nature::Statistique => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use referentiel::jeu::declaration::Coordonnee;

    const JEU: &str = "
code='essai.table'
version='1'
libelle='x'
periodicite='semestre'
source='x'
[audiences.convention]
seuil=5
seuil_sensible=11
[audiences.reseau]
seuil=5
seuil_sensible=11
[[mesure]]
code='TB_N'
libelle='Recrutements'
nature='contractuel'
unite='contrats'
definition='x'
[[mesure]]
code='TB_EUR'
libelle='Montant'
nature='contractuel'
unite='€'
definition='x'
[[table]]
niveaux=['departement']
mesures=['TB_N']
[[table]]
niveaux=['departement']
mesures=['TB_EUR']
audiences=['convention']
";

    #[test]
    fn what_a_convention_pays_is_exact_for_its_signatories_and_a_count_for_others() {
        let jeu = Jeu::lit(JEU).unwrap();
        let place = |mesure: &str| Coordonnee { mesure: mesure.to_owned(), ventilation: Ventilation::default() };
        let cellules = [(place("TB_N"), Decimal::from(3)), (place("TB_EUR"), Decimal::new(1_234_550, 2))].into();
        let declaration = Declaration { cellules, ..Declaration::default() };
        let lues = |audience| {
            let brute = brute(&jeu, &declaration, &"70".parse().unwrap(), audience).unwrap();
            brute.cellules().iter().map(|c| (c.cle.indicateur.clone(), c.grandeur.clone())).collect::<Vec<_>>()
        };
        let exactes = [("TB_EUR", Decimal::new(1_234_550, 2)), ("TB_N", Decimal::from(3))];
        assert_eq!(lues(Audience::Convention), exactes.map(|(c, v)| (c.to_owned(), Grandeur::Operationnel(v))));
        assert_eq!(lues(Audience::Reseau), [("TB_N".to_owned(), Grandeur::Effectif(3))], "no amount, and a count");
        assert_eq!(lues(Audience::Public).len(), 1);
    }
}

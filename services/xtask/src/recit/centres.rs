//! The six centres of the demonstration and their dispositifs. The SIRENs are invented (valid keys).

use super::population::Dispositif;

/// A centre and what it answers for.
#[derive(Debug, Clone, Copy)]
pub struct Centre {
    /// Short name, also the name of its folder.
    pub dossier: &'static str,
    /// Name shown.
    pub nom: &'static str,
    /// Code of the organisation.
    pub organisme: &'static str,
    /// SIREN.
    pub siren: &'static str,
    /// INSEE region.
    pub region: &'static str,
    /// Its dispositifs.
    pub dispositifs: &'static [Dispositif],
}

const BFC: &str = "Bourgogne-Franche-Comté";
const GES: &str = "Grand Est";
const IDF: &str = "Île-de-France";

const fn d(
    reference: &'static str,
    nom: &'static str,
    departement: (&'static str, &'static str, &'static str),
    structures: &'static [&'static str],
    capacite: u32,
    etp_dixiemes: (u32, u32),
) -> Dispositif {
    Dispositif { reference, nom, departement, structures, capacite, etp_dixiemes }
}

/// CDG 70, 25, 67, 54, CIG petite couronne, CIG grande couronne.
pub const CENTRES: &[Centre] = &[
    Centre {
        dossier: "cdg70",
        nom: "Centre de gestion de la Haute-Saône",
        organisme: "CDG70",
        siren: "287000012",
        region: "27",
        dispositifs: &[d(
            "BFC01",
            "Plateforme emploi accompagné 70",
            ("70", "Haute-Saône", BFC),
            &["Structure Les Tilleuls", "Structure Horizon", "Structure Passerelle"],
            42,
            (45, 35),
        )],
    },
    Centre {
        dossier: "cdg25",
        nom: "Centre de gestion du Doubs",
        organisme: "CDG25",
        siren: "282500016",
        region: "27",
        dispositifs: &[d(
            "BFC02",
            "Emploi accompagné Doubs",
            ("25", "Doubs", BFC),
            &["Structure La Cadole", "Structure Trait d’union"],
            62,
            (60, 52),
        )],
    },
    Centre {
        dossier: "cdg67",
        nom: "Centre de gestion du Bas-Rhin",
        organisme: "CDG67",
        siren: "286700018",
        region: "44",
        dispositifs: &[d(
            "GES01",
            "Plateforme emploi accompagné Bas-Rhin",
            ("67", "Bas-Rhin", GES),
            &["Structure Rive droite", "Structure Les Sources", "Structure L’Escale"],
            96,
            (90, 78),
        )],
    },
    Centre {
        dossier: "cdg54",
        nom: "Centre de gestion de Meurthe-et-Moselle",
        organisme: "CDG54",
        siren: "285400016",
        region: "44",
        dispositifs: &[d(
            "GES03",
            "Emploi accompagné 54",
            ("54", "Meurthe-et-Moselle", GES),
            &["Structure Les Mirabelles", "Structure Val de Meuse"],
            64,
            (60, 50),
        )],
    },
    Centre {
        dossier: "cig-petite-couronne",
        nom: "Centre interdépartemental de gestion de la petite couronne",
        organisme: "CIGPC",
        siren: "289200016",
        region: "11",
        dispositifs: &[
            d(
                "IDF01",
                "Emploi accompagné 92",
                ("92", "Hauts-de-Seine", IDF),
                &["Structure La Boussole", "Structure Les Coteaux", "Structure Canal"],
                98,
                (100, 85),
            ),
            d(
                "IDF02",
                "Emploi accompagné 93",
                ("93", "Seine-Saint-Denis", IDF),
                &["Structure Plaine commune", "Structure Les Étangs"],
                84,
                (80, 70),
            ),
            d(
                "IDF04",
                "Emploi accompagné 94",
                ("94", "Val-de-Marne", IDF),
                &["Structure Les Bords de Marne", "Structure Le Pont"],
                66,
                (65, 55),
            ),
        ],
    },
    Centre {
        dossier: "cig-grande-couronne",
        nom: "Centre interdépartemental de gestion de la grande couronne",
        organisme: "CIGGC",
        siren: "287800015",
        region: "11",
        dispositifs: &[
            d(
                "IDF03",
                "Emploi accompagné 78",
                ("78", "Yvelines", IDF),
                &["Structure Le Phare", "Structure La Plaine"],
                74,
                (70, 60),
            ),
            d(
                "IDF05",
                "Emploi accompagné 91",
                ("91", "Essonne", IDF),
                &["Structure Les Coquelicots", "Structure L’Orge"],
                60,
                (55, 48),
            ),
            d(
                "IDF06",
                "Emploi accompagné 95",
                ("95", "Val-d’Oise", IDF),
                &["Structure Le Vexin", "Structure Rives d’Oise"],
                58,
                (55, 46),
            ),
        ],
    },
];

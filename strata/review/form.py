"""What a review sheet looks like: its sheets, columns and the answers it takes, in both languages.

Belongs here: words and places, shared by who writes the sheet and who reads it back. Not here: writing (sheet.py), reading (answers.py).
"""

SCHEMA = "strata-review-3"
UNSEALED = "strata-review-2"  # the cells drawn had no seal
LANGUAGES = ("fr", "en")
SHEETS = {"fr": ("À lire", "Revue", "Séjours", "Tirage"), "en": ("Read me", "Review", "Stays", "Draw")}
README, REVIEW, STAYS, DRAW = range(4)

# Columns of the review sheet: name -> (French, English, width). The last three are the reviewer's.
COLUMNS = {
    "number": ("n°", "no", 6),
    "person_id": ("person_id", "person_id", 11),
    "kind": ("question", "question", 10),
    "label": ("en clair", "in words", 42),
    "value": ("valeur", "value", 26),
    "finess": ("FINESS", "FINESS", 11),
    "field": ("champ", "field", 7),
    "entry": ("entrée", "entry", 11),
    "exit": ("sortie", "exit", 11),
    "file": ("fichier", "file", 34),
    "line": ("ligne", "line", 9),
    "stays": ("séjours", "stays", 8),
    "answer": ("réponse", "answer", 18),
    "reviewer": ("relecteur", "reviewer", 12),
    "remark": ("remarque", "remark", 40),
}
TO_FILL = ("answer", "reviewer", "remark")
STAY_COLUMNS = {name: COLUMNS[name] for name in ("number", "person_id", "finess", "field", "entry", "exit", "file", "line")} | {
    "criteria": ("critères", "criteria", 70)
}
KINDS = {"stratum": ("strate", "stratum"), "criterion": ("critère", "criterion")}
# Answers by kind: code -> (French, English).
ANSWERS = {
    "stratum": {
        "confirmed": ("confirmée", "confirmed"),
        "too_high": ("trop haute", "too high"),
        "too_low": ("trop basse", "too low"),
        "not_condition": ("pas la maladie", "not the condition"),
        "cannot_tell": ("impossible à dire", "cannot tell"),
    },
    "criterion": {
        "present": ("présent", "present"),
        "absent": ("absent", "absent"),
        "cannot_tell": ("impossible à dire", "cannot tell"),
    },
}
# Rows of the draw sheet before its table of groups: name -> (French, English).
FACTS = {
    "schema": ("schéma", "schema"),
    "condition": ("maladie", "condition"),
    "definition_id": ("définition (ouverte, n'est pas celle de la FHF/GPRP)", "definition (open, not the FHF/GPRP definition)"),
    "year": ("année", "year"),
    "seed": ("graine", "seed"),
    "synthetic": ("données synthétiques (1 : oui)", "synthetic data (1: yes)"),
}
GROUP_COLUMNS = {
    "kind": ("question", "question"),
    "label": ("en clair", "in words"),
    "value": ("valeur", "value"),
    "held": ("personnes", "persons"),
    "drawn": ("tirées", "drawn"),
}
SEALS_AT = 8  # the column of the draw sheet where they begin
SEAL_COLUMNS = {
    "sheet": ("feuille", "sheet"),
    "number": ("question ou ligne", "question or row"),
    "column": ("colonne", "column"),
    "seal": ("empreinte", "seal"),
}
NOTICE = {
    "fr": (
        "DONNÉES PERSONNELLES DE SANTÉ : ce fichier ne quitte pas l'établissement, ne s'envoie pas par messagerie, et se détruit une fois "
        "la revue lue.",
        "Ouvrir le dossier de chaque séjour (feuille Séjours : établissement, dates, fichier et ligne de l'extraction) et répondre dans la "
        "feuille Revue, colonne réponse, par un mot de la liste.",
        "Strate : « confirmée » si le dossier montre ce que dit la colonne « en clair » au 31 décembre (ou à la fin du dernier mois) ; "
        "« trop haute » ou « trop basse » si la maladie est là mais pas cette strate ; « pas la maladie » sinon.",
        "Critère : « présent » si le dossier le montre dans la fenêtre, « absent » sinon. « Impossible à dire » : le dossier manque, ou ne "
        "tranche pas.",
        "Ne changer aucune autre colonne, ne supprimer aucune ligne : la relecture refuserait le fichier en disant où.",
    ),
    "en": (
        "PERSONAL HEALTH DATA: this file does not leave the hospital, is not sent by mail, and is destroyed once the review has been read.",
        "Open the chart of each stay (sheet Stays: hospital, dates, file and line of the extract) and answer in the sheet Review, column "
        "answer, with a word of the list.",
        "Stratum: 'confirmed' when the chart shows what the column 'in words' says, on 31 December (or at the end of the last month); 'too "
        "high' or 'too low' when the condition is there but not this stratum; 'not the condition' otherwise.",
        "Criterion: 'present' when the chart shows it within the window, 'absent' otherwise. 'Cannot tell': no chart, or it is silent.",
        "Change no other column and remove no row: the reading would refuse the file, saying where.",
    ),
}
DEFINITION = {
    "fr": "La définition en clair, avec ses règles et ses listes : strata definitions export --condition {condition} --out DOSSIER",
    "en": "The definition in words, with its rules and lists: strata definitions export --condition {condition} --out FOLDER",
}
SYNTHETIC = {"fr": "DONNÉES SYNTHÉTIQUES : aucune personne n'existe.", "en": "SYNTHETIC DATA: nobody here exists."}

// Deutsch.

import type { Texts } from "./en";
import { intake } from "./intake";
import { touch } from "./touch";

const number = new Intl.NumberFormat("de", { maximumFractionDigits: 1 });
const objects = (count: number) => (count === 1 ? "1 Objekt" : `${count} Objekte`);

export const de: Texts = {
  language: "de",
  title: (project) => `${project} · iog`,
  photos: "Fotos",
  objects: "Objekte",
  labels: "Klassen",
  view: "Ansicht",
  tools: "Werkzeuge",
  stage: "Foto. Pfeiltasten bewegen den Zeiger, C klickt, X klickt zum Entfernen.",
  search: "Fotos und Klassen suchen",
  filter: "Zeigen",
  filters: { all: "Alle", todo: "Zu tun", started: "Begonnen", review: "Zu prüfen", doubtful: "Unsicher", done: "Fertig", broken: "Defekt" },
  tour: {
    name: "So geht es",
    steps: [
      "Schritt 1 von 4: Klicken Sie auf eine Ecke eines Rahmens um ein Objekt.",
      "Schritt 2 von 4: Klicken Sie auf die Ecke gegenüber.",
      "Schritt 3 von 4: Gehen Sie zur Mitte des Objekts. Die Maske folgt; klicken Sie, wenn sie passt.",
      "Schritt 4 von 4: Klicken Sie auf Fehlendes, rechts auf Überflüssiges. Leertaste übernimmt. ? zeigt alle Tasten.",
    ],
    skip: "Überspringen",
  },
  intake: intake.de,
  noPhotos: "Hier sind keine Fotos.",
  photoStatus: (count, done) => `${count === 0 ? "keine Objekte" : objects(count)}${done ? ", fertig" : ""}`,
  broken: "Nicht lesbar",
  progress: "Fertige Fotos",
  photosDone: (done, all) => `${done} von ${all} fertig`,

  hint: {
    loading: "Das Foto wird geöffnet …",
    first: touch ? "1 von 3: Auf eine Ecke eines Rahmens um ein Objekt tippen." : "1 von 3: Auf eine Ecke eines Rahmens um ein Objekt klicken.",
    second: touch ? "2 von 3: Auf die Ecke gegenüber tippen." : "2 von 3: Auf die Ecke gegenüber klicken.",
    centre: touch
      ? "3 von 3: Auf die Mitte des Objekts tippen."
      : "3 von 3: Zur Mitte des Objekts gehen; klicken, wenn die Maske passt.",
    proposed: touch
      ? "Diese Maske übernehmen oder auf die Mitte des gemeinten Objekts tippen."
      : "Diese Maske mit der Leertaste übernehmen oder auf die Mitte des gemeinten Objekts klicken.",
    correct: touch
      ? "Tippen fügt hinzu, Halten entfernt; dann übernehmen."
      : "Klicken fügt hinzu, Rechtsklick entfernt; Leertaste übernimmt.",
    accepted: touch ? "Übernommen. Tippen ändert es." : "Übernommen. Ein Klick ändert es.",
    brush: "Übermalen, was zum Objekt gehört. [ und ] ändern die Größe.",
    eraser: "Übermalen, was nicht zum Objekt gehört. [ und ] ändern die Größe.",
    polygon: "Die Ecken eines Polygons klicken; die erste noch einmal, oder Eingabe, schließt es. Rechtsklick nimmt die letzte zurück.",
    points: touch
      ? "Einen Punkt oder eine Kante ziehen; einen Punkt halten, um ihn zu entfernen."
      : "Einen Punkt oder eine Kante ziehen; Rechtsklick auf einen Punkt entfernt ihn.",
    needsObject: "Erst ein Objekt öffnen: Dieses Werkzeug arbeitet an einer Maske.",
    nothing: "Von diesem Objekt bleibt nichts: Übernommene haben seine Pixel. Ohne das Häkchen werden sie überschrieben.",
    outsideBox: "Das ist außerhalb des Rahmens. Hineinklicken oder erst eine Ecke ziehen.",
    outsideMask: "Das ist außerhalb des Objekts. Darauf klicken, um es neu zu umreißen, oder den Pinsel nehmen.",
    besidePhoto: "Das ist neben dem Foto; nichts wurde geändert.",
    noMask: "Die Maske ist noch nicht da; erst ansehen, dann übernehmen.",
    lookAgain: "Die Maske hat sich geändert, seit Sie sie sahen: Andere wurden übernommen. Ansehen, dann übernehmen.",
    review: (count) => ` · ${count === 1 ? "1 Entwurf" : `${count} Entwürfe`} zu prüfen`,
    allDone: touch
      ? "Alle übernommen. Das Foto fertig melden oder ein weiteres Objekt umreißen."
      : "Alles erledigt? Umschalt+Eingabe meldet das Foto fertig und geht weiter.",
    empty: "Dieser Ordner enthält keine Fotos.",
  },

  saved: "Gespeichert",
  saving: "Speichert …",
  offline: "Nicht gespeichert: Der Server antwortet nicht. Neuer Versuch …",
  failed: "Letzter Schritt nicht gespeichert",
  lost: "Nicht gespeichert: Die Projektdatei ist weg",
  rescue: "Alle Arbeit herunterladen",
  conflict: "Dieses Objekt wurde in einem anderen Fenster geändert. Sie sehen den neueren Stand; Ihr letzter Schritt wurde nicht gespeichert.",

  previousPhoto: "Voriges Foto",
  nextPhoto: "Nächstes Foto",
  photoDone: "Fertig",
  photoNotDone: "Fertig melden",
  draftsLeft: (count) => `${objects(count)} nicht übernommen: in keinem Export.`,
  markAnyway: "Trotzdem fertig melden",
  showDrafts: "Zeigen",
  deletedObjects: "Gelöschte Objekte",
  noneDeleted: "Keine auf diesem Foto.",
  bringBack: (label) => `${label} zurückholen`,
  deletedRow: (label, area) => `${label}, ${area === 0 ? "nur Rahmen" : `${area} Pixel`}`,
  undo: "Rückgängig",
  redo: "Wiederholen",
  fit: "In das Fenster einpassen",
  help: "Hilfe und Tasten",
  theme: "Dunkel oder hell",
  exportImport: "Export und Import",
  close: "Schließen",

  toolNames: {
    click: "Klicks hinzufügen", remove: "Klicks zum Entfernen", brush: "Pinsel", eraser: "Radierer", points: "Punkte des Umrisses", polygon: "Polygon von Hand",
  },
  toolCaptions: { click: "Dazu", remove: "Weg", brush: "Pinsel", eraser: "Radierer", points: "Punkte", polygon: "Polygon" },
  brushSize: "Pinselgröße",
  accept: "Übernehmen",
  cancel: "Abbrechen",
  closeObject: "Schließen",
  largest: "Nur den größten Teil behalten",
  fill: "Löcher füllen",
  spare: "Übernommene nicht überschreiben",
  masksForBoxes: (count) => `Masken für alle Rahmen (${count})`,
  masksBeingMade: "Masken werden erzeugt",
  ofAll: (done, all) => `${done} von ${all}`,
  working: "Rechnet …",
  confidence: (value) => `${Math.round(value * 100)} % sicher`,
  confidenceShort: (value) => `${Math.round(value * 100)} %`,
  shownAt: (scale) => `gezeigt mit ${Math.round(scale * 100)} % der Auflösung`,
  boxOnly: "nur Rahmen",
  draft: "Entwurf",
  accepted: "übernommen",
  noObjects: "Noch keine.",
  openObject: (name) => `${name} öffnen`,
  showObject: (name) => `${name} zeigen`,
  hideObject: (name) => `${name} verbergen`,
  deleteObject: (name) => `${name} löschen`,
  objectName: (label, place) => `${label} ${place}`,
  labelOf: (name) => `Klasse von ${name}`,

  acceptedOf: (accepted, all) => `${accepted} von ${all} übernommen`,
  order: "Reihenfolge der Objekte",
  orders: { drawn: "Wie gezeichnet", doubtful: "Unsicherste zuerst" },
  whichObjects: "Welche Objekte",
  which: { all: "Alle", draft: "Entwürfe", accepted: "Übernommene" },
  zoom: (scale) => `${Math.round(scale * 100)} %`,

  newLabel: "Klasse suchen oder anlegen",
  addLabel: "Anlegen",
  useLabel: (label) => `Klasse ${label} verwenden`,
  relabelAll: (label) => `Allen Objekten dieses Fotos die Klasse ${label} geben`,
  relabelAllShort: "für alle",
  renameLabel: (label) => `Klasse ${label} umbenennen`,
  newNameOf: (label) => `Neuer Name der Klasse ${label}`,

  opacity: "Deckkraft der Masken",
  brightness: "Helligkeit",
  contrast: "Kontrast",
  guides: "Hilfslinien",
  detail: "Genauigkeit",
  detailValue: (pixels, points) => `${pixels === 0 ? "genau" : `± ${pixels} px`}${points === null ? "" : ` · ${points} Punkte`}`,
  resetView: "Zurücksetzen",

  helpIntro:
    "Zwei Klicks auf gegenüberliegende Ecken eines Rahmens, ein Klick auf die Mitte des Objekts. Dann korrigieren: " +
    "Linksklick fügt hinzu, Rechtsklick (oder Umschalt oder Alt mit links) entfernt. Ein Klick lässt sich ziehen; ein Klick " +
    "darauf nimmt ihn weg. Das Rad zoomt, die mittlere Taste oder Leertaste mit Ziehen verschiebt das Foto.",
  helpKeys: "Tasten",
  changeKey: "Ändern",
  changeKeyOf: (action) => `Ändern der Taste für ${action}`,
  pressKey: "Taste drücken …",
  resetKeys: "Alle Tasten zurücksetzen",
  keyTaken: (key, action) => `${key} ist die Taste für „${action}“. Noch einmal drücken übernimmt sie, oder eine andere wählen.`,
  actions: {
    guides: "Hilfslinien an und aus",
    nextPhoto: "Nächstes Foto",
    previousPhoto: "Voriges Foto",
    doneAndNext: "Foto fertig, nächstes",
    accept: "Das Objekt übernehmen",
    cancel: "Das Objekt abbrechen oder schließen",
    undo: "Rückgängig",
    redo: "Wiederholen",
    deleteObject: "Das Objekt löschen",
    fit: "Das Foto in das Fenster einpassen",
    actualSize: "Foto in 100 %",
    zoomIn: "Vergrößern",
    zoomOut: "Verkleinern",
    hide: "Alle Masken verbergen, solange gehalten",
    onlyThis: "Nur das offene Objekt zeigen, oder alle",
    showNone: "Keine Masken zeigen, oder alle",
    clickTool: "Klicks hinzufügen",
    brush: "Pinsel",
    polygon: "Polygon von Hand",
    eraser: "Radierer",
    points: "Punkte des Umrisses",
    nextObject: "Nächstes Objekt öffnen",
    previousObject: "Voriges Objekt öffnen",
    findLabel: "Eine Klasse durch Tippen finden",
    smaller: "Kleinerer Pinsel",
    larger: "Größerer Pinsel",
    clickHere: "Klick am Zeiger der Tastatur",
    removeHere: "Entfernen am Zeiger der Tastatur",
    help: "Diese Hilfe",
  },
  labelKeys: "Klasse des Objekts",

  exportTitle: "Export",
  exportFormat: "Format",
  exportTolerance: "Toleranz der Polygone in Pixeln",
  exportDrafts: "Auch Objekte, die nicht übernommen sind",
  exportButton: "Herunterladen",
  importTitle: "Import",
  importFile: "Datei mit Masken oder Rahmen",
  importNote:
    "COCO (.json), Rahmen als .csv, .parquet, oder ein .zip eines Ordners von YOLO, VOC, LabelMe oder PNG. " +
    "Masken kommen als übernommene Objekte an, Rahmen als Entwürfe.",
  duplicatesTitle: "Objekte, die schon da sind",
  duplicates: { skip: "Auslassen", replace: "Ersetzen", add: "Noch einmal anlegen" },
  exported: (name) => `${name} wurde heruntergeladen.`,
  importButton: "Importieren",
  imported: (count) => `${objects(count)} importiert.`,
  effort: "Aufwand",
  effortVisit: "Dieser Besuch:",
  effortProject: "Das Projekt:",
  effortValue: ({ objects: count, median_seconds: seconds, median_clicks: clicks }) =>
    count === 0
      ? "noch keine Objekte."
      : `${objects(count)}, je ${number.format(seconds)} s und ${number.format(clicks)} Klicks (Median).`,
  effortShort: ({ objects: count, median_seconds: seconds, median_clicks: clicks }) =>
    `${count} × ${number.format(seconds)} s, ${number.format(clicks)} Klicks`,
  effortTitle: "Objekte dieses Besuchs, und was die Hälfte von ihnen höchstens kostete",
  effortNote: "Jeder Schritt mit seinen Sekunden: Export „Timings“.",
  togglePhotos: "Liste der Fotos",
  togglePanel: "Klassen, Objekte, Ansicht",
};

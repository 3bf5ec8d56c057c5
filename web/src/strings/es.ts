// Español.

import type { Texts } from "./en";
import { intake } from "./intake";
import { touch } from "./touch";

const number = new Intl.NumberFormat("es", { maximumFractionDigits: 1 });
const objects = (count: number) => (count === 1 ? "1 objeto" : `${count} objetos`);

export const es: Texts = {
  language: "es",
  title: (project) => `${project} · iog`,
  photos: "Fotos",
  objects: "Objetos",
  labels: "Etiquetas",
  view: "Vista",
  tools: "Herramientas",
  stage: "Foto. Las flechas mueven el cursor, C hace clic, X hace clic para quitar.",
  search: "Buscar fotos y etiquetas",
  filter: "Mostrar",
  filters: { all: "Todas", todo: "Por hacer", started: "Empezadas", review: "Por revisar", doubtful: "Dudosas", done: "Terminadas", broken: "Ilegibles" },
  tour: {
    name: "Cómo funciona",
    steps: [
      touch
        ? "Paso 1 de 4: toque una esquina de un recuadro alrededor de un objeto."
        : "Paso 1 de 4: haga clic en una esquina de un recuadro alrededor de un objeto.",
      touch
        ? "Paso 2 de 4: toque la esquina opuesta."
        : "Paso 2 de 4: haga clic en la esquina opuesta.",
      touch
        ? "Paso 3 de 4: toque el centro del objeto."
        : "Paso 3 de 4: vaya al centro del objeto. La máscara lo sigue; haga clic cuando encaje.",
      touch
        ? "Paso 4 de 4: toque lo que falta; mantenga el dedo sobre lo que sobra. Después, «Aceptar»."
        : "Paso 4 de 4: clic en lo que falta, clic derecho en lo que sobra. Espacio acepta. ? muestra todas las teclas.",
    ],
    skip: "Omitir",
  },
  intake: intake.es,
  noPhotos: "Aquí no hay fotos.",
  photoStatus: (count, done) => `${count === 0 ? "sin objetos" : objects(count)}${done ? ", terminada" : ""}`,
  broken: "No se puede leer",
  progress: "Fotos terminadas",
  photosDone: (done, all) => `${done} de ${all} listas`,

  hint: {
    loading: "Abriendo la foto …",
    first: touch
      ? "1 de 3: toque una esquina de un recuadro alrededor de un objeto."
      : "1 de 3: haga clic en una esquina de un recuadro alrededor de un objeto. Sin ratón: flechas, luego C.",
    second: touch ? "2 de 3: toque la esquina opuesta." : "2 de 3: haga clic en la esquina opuesta.",
    centre: touch
      ? "3 de 3: toque el centro del objeto."
      : "3 de 3: vaya al centro del objeto; haga clic cuando la máscara encaje.",
    proposed: touch
      ? "Acepte esta máscara o toque el centro del objeto deseado."
      : "Acepte esta máscara con Espacio o haga clic en el centro del objeto deseado.",
    correct: touch
      ? "Toque o trace para añadir, mantenga antes para quitar; luego acepte."
      : "Clic o trazo añade, con el botón derecho quita; Espacio acepta.",
    accepted: touch ? "Aceptado. Un toque lo cambia." : "Aceptado. Un clic lo cambia.",
    brush: "Pinte lo que pertenece al objeto. [ y ], o coma y punto, cambian el tamaño.",
    eraser: "Pinte lo que no pertenece al objeto. [ y ], o coma y punto, cambian el tamaño.",
    polygon: "Haga clic en las esquinas; otra vez en la primera, o Intro, lo cierra. El clic derecho quita la última.",
    magnetic: "Haga clic a lo largo del borde. El primer punto, un doble clic o Intro lo cierra; Retroceso quita un punto.",
    points: touch
      ? "Arrastre un punto o un borde del contorno; mantenga un punto para quitarlo."
      : "Arrastre un punto o un borde del contorno; clic derecho en un punto lo quita.",
    needsObject: "Abra primero un objeto: esta herramienta trabaja sobre una máscara.",
    nothing: "No queda nada de este objeto: los aceptados tienen sus píxeles. Desmarque «No sobrescribir los aceptados» para tomarlos.",
    outsideBox: "Eso está fuera del recuadro. Haga clic dentro o arrastre antes una esquina.",
    outsideMask: "Eso está fuera del objeto. Haga clic en él para trazarlo de nuevo, o use el pincel.",
    besidePhoto: "Eso está fuera de la foto; no se ha cambiado nada.",
    noMask: "Su máscara aún no está; espere a verla y acepte después.",
    unseen: "Esta máscara no se veía; aquí está. Mírela y acepte después.",
    onAccepted: "Más de una décima parte de este objeto está sobre objetos aceptados. Desmarque «No sobrescribir los aceptados» para conservarlo entero, o corrija su contorno.",
    lookAgain: "La máscara ha cambiado desde que la vio: se aceptaron otros objetos. Mírela y acepte después.",
    review: (count) => ` · ${count === 1 ? "1 borrador" : `${count} borradores`} por revisar`,
    allDone: touch
      ? "Todos aceptados. Marque la foto como terminada o trace otro objeto."
      : "¿Todo listo? Mayús+Intro marca la foto como terminada y continúa.",
    empty: "Esta carpeta no contiene fotos.",
  },

  saved: "Guardado",
  saving: "Guardando …",
  offline: "Sin guardar: el servidor no responde. Se intenta de nuevo …",
  failed: "El último paso no se guardó",
  lost: "Sin guardar: falta el archivo del proyecto",
  rescue: "Descargar todo el trabajo",
  conflict: "Este objeto se cambió en otra pestaña. Ahora ve el estado más nuevo; su último paso no se guardó.",

  previousPhoto: "Foto anterior",
  nextPhoto: "Foto siguiente",
  photoDone: "Terminada",
  photoNotDone: "Marcar como terminada",
  draftsLeft: (count) => `Sin aceptar: ${objects(count)}, que no estará en ninguna exportación.`,
  lastDone: (left: number) => left === 0 ? "Todas las fotos están terminadas." : `Era la última foto de esta lista. ${left === 1 ? "Falta 1 foto" : `Faltan ${left} fotos`}.`,
  markAnyway: "Marcar de todos modos",
  showDrafts: "Mostrar",
  deletedObjects: "Objetos borrados",
  noneDeleted: "Ninguno en esta foto.",
  bringBack: (label) => `Recuperar ${label}`,
  deletedRow: (label, area) => `${label}, ${area === 0 ? "solo recuadro" : `${area} píxeles`}`,
  labelManager: {
    title: "Etiquetas y colores",
    intro: "Las nueve primeras tienen las teclas 1 a 9; la tecla L encuentra cualquiera escribiendo.",
    manage: "Gestionar",
    merge: "Unir con …",
    merging: "Unir",
    mergeSure: (label, into) => `Todos los objetos ${label} pasan a ser ${into}, en todas las fotos. Deshacer no lo revierte.`,
    mergeOf: (label) => `Unir ${label} con otra etiqueta`,
    colourOf: (label) => `Color de ${label}`,
    up: (label) => `Subir ${label}`,
    down: (label) => `Bajar ${label}`,
    remove: (label) => `Eliminar la etiqueta ${label}`,
  },
  many: {
    title: "Varios objetos",
    intro: "Elija objetos y luego qué hacer con ellos. Deshacer lo revierte como un solo paso.",
    all: "Todos",
    none: "Ninguno",
    duplicate: "Duplicar",
    merge: "Unir",
    split: "Separar en partes",
    group: "Agrupar",
    copy: "Copiar a la foto siguiente",
    noNext: "No hay foto siguiente.",
    copied: (count, path) => `${count === 1 ? "1 objeto copiado" : `${count} objetos copiados`} a ${path}.`,
  },
  facts: {
    title: "Atributos",
    flags: { occluded: "Tapado", truncated: "Cortado", crowd: "Multitud", difficult: "Difícil" },
    group: "Grupo",
    comment: "Comentario",
    ofGroup: (group) => `grupo ${group}`,
    unanswered: "sin respuesta",
    manage: "Añadir atributos",
    asked: "Atributos",
    intro: "Lo que se pregunta de cada objeto de este proyecto: sí o no, o una de las opciones.",
    name: "Nombre",
    choices: "Opciones, con comas; ninguna: sí o no",
    remove: (name) => `No preguntar más ${name}`,
  },
  undo: "Deshacer",
  redo: "Rehacer",
  fit: "Ajustar a la ventana",
  help: "Ayuda y teclas",
  theme: "Oscuro o claro",
  exportImport: "Exportar e importar",
  close: "Cerrar",

  toolNames: {
    click: "Clics para añadir", remove: "Clics para quitar", brush: "Pincel", eraser: "Goma", points: "Puntos del contorno", polygon: "Polígono a mano", magnetic: "Contorno magnético",
  },
  toolCaptions: { click: "Añadir", remove: "Quitar", brush: "Pincel", eraser: "Goma", points: "Puntos", polygon: "Polígono", magnetic: "Imán",
  },
  brushSize: "Tamaño del pincel",
  accept: "Aceptar",
  cancel: "Cancelar",
  closeObject: "Cerrar",
  largest: "Conservar solo la parte mayor",
  fill: "Rellenar huecos",
  spare: "No sobrescribir los aceptados",
  masksForBoxes: (count) => `Máscaras para todos los recuadros (${count})`,
  masksBeingMade: "Se generan las máscaras",
  ofAll: (done, all) => `${done} de ${all}`,
  working: "Calculando …",
  confidence: (value) => `${Math.round(value * 100)} % de certeza`,
  confidenceShort: (value) => `${Math.round(value * 100)} %`,
  shownAt: (scale) => `se muestra al ${Math.round(scale * 100)} % de su resolución`,
  noneShown: "todas las máscaras están ocultas",
  boxOnly: "solo recuadro",
  draft: "borrador",
  accepted: "aceptado",
  noObjects: "Todavía ninguno.",
  openObject: (name) => `Abrir ${name}`,
  showObject: (name) => `Mostrar ${name}`,
  hideObject: (name) => `Ocultar ${name}`,
  deleteObject: (name) => `Borrar ${name}`,
  objectName: (label, place) => `${label} ${place}`,
  labelOf: (name) => `Etiqueta de ${name}`,

  acceptedOf: (accepted, all) => `${accepted} de ${all} aceptados`,
  order: "Orden de los objetos",
  orders: { drawn: "Como se trazaron", doubtful: "Primero los dudosos" },
  whichObjects: "Qué objetos",
  which: { all: "Todos", draft: "Borradores", accepted: "Aceptados" },
  zoom: (scale) => `${Math.round(scale * 100)} %`,

  newLabel: "Buscar o añadir etiqueta",
  addLabel: "Añadir",
  useLabel: (label) => `Usar la etiqueta ${label}`,
  relabelAll: (label) => `Dar a todos los objetos de esta foto la etiqueta ${label}`,
  relabelAllShort: "a todos",
  renameLabel: (label) => `Cambiar el nombre de la etiqueta ${label}`,
  newNameOf: (label) => `Nuevo nombre de la etiqueta ${label}`,

  opacity: "Opacidad de las máscaras",
  brightness: "Brillo",
  contrast: "Contraste",
  guides: "Líneas de guía",
  detail: "Detalle",
  detailValue: (pixels, points) => `${pixels === 0 ? "exacto" : `± ${pixels} px`}${points === null ? "" : ` · ${points} puntos`}`,
  resetView: "Restablecer",

  helpIntro:
    "Dos clics en esquinas opuestas de un recuadro, un clic en el centro del objeto. Luego corrija: el clic izquierdo añade, " +
    "el derecho (o Mayús o Alt con el izquierdo) quita. Arrastre un clic para moverlo, haga clic en él para quitarlo. La " +
    "rueda amplía; el botón central, o Espacio arrastrando, mueve la foto.",
  helpKeys: "Teclas",
  changeKey: "Cambiar",
  changeKeyOf: (action) => `Cambiar la tecla de ${action}`,
  pressKey: "Pulse una tecla …",
  resetKeys: "Restablecer todas las teclas",
  keyTaken: (key, action) => `${key} es la tecla de «${action}». Púlsela otra vez para tomarla, o elija otra.`,
  actions: {
    guides: "Líneas de guía sí o no",
    nextPhoto: "Foto siguiente",
    previousPhoto: "Foto anterior",
    doneAndNext: "Foto terminada, la siguiente",
    accept: "Aceptar el objeto",
    cancel: "Cancelar o cerrar el objeto",
    undo: "Deshacer",
    redo: "Rehacer",
    deleteObject: "Borrar el objeto",
    fit: "Ajustar la foto a la ventana",
    actualSize: "Foto al 100 %",
    zoomIn: "Ampliar",
    zoomOut: "Reducir",
    hide: "Ocultar las máscaras mientras se mantiene",
    onlyThis: "Mostrar solo el objeto abierto, o todos",
    showNone: "No mostrar máscaras, o todas",
    clickTool: "Clics para añadir",
    brush: "Pincel",
    polygon: "Polígono a mano",
    magnetic: "Contorno magnético",
    eraser: "Goma",
    points: "Puntos del contorno",
    nextObject: "Abrir el objeto siguiente",
    previousObject: "Abrir el objeto anterior",
    findLabel: "Buscar una etiqueta escribiendo",
    facts: "Atributos, comentario y grupo del objeto",
    several: "Varios objetos: unir, separar, copiar …",
    smaller: "Pincel más pequeño",
    larger: "Pincel más grande",
    clickHere: "Clic en el cursor del teclado",
    removeHere: "Quitar en el cursor del teclado",
    help: "Esta ayuda",
  },
  labelKeys: "Etiqueta del objeto",

  exportTitle: "Exportar",
  exportFormat: "Formato",
  exportTolerance: "Tolerancia de los polígonos en píxeles",
  exportDrafts: "También objetos no aceptados",
  dropzone: {
    name: "Añadir fotos",
    intro: "Esta carpeta no contiene fotos. Suéltelas aquí o elíjalas; se copian a la carpeta.",
    pick: "Elegir fotos",
  },
  exportChoice: {
    title: "Elegir qué se exporta",
    done: "Solo fotos marcadas como terminadas",
    here: "Solo la foto abierta",
    split: "Fotos para validación, en %",
    labels: "Etiquetas",
  },
  exportButton: "Descargar",
  importTitle: "Importar",
  importFile: "Archivo con máscaras o recuadros",
  importNote:
    "Un .json o .zip de COCO, LabelMe, X-AnyLabeling o Label Studio, un .zip de YOLO, VOC o PNG, un .xml de CVAT, recuadros como .csv o .parquet. " +
    "Las máscaras llegan como objetos aceptados, los recuadros como borradores.",
  duplicatesTitle: "Objetos que ya están",
  duplicates: { skip: "Omitir", replace: "Sustituir", add: "Añadir otra vez" },
  exported: (name) => `Se descargó ${name}.`,
  importButton: "Importar",
  imported: (count) => `Importado: ${objects(count)}.`,
  effort: "Esfuerzo",
  effortVisit: "Esta visita:",
  effortProject: "El proyecto:",
  effortValue: ({ objects: count, median_seconds: seconds, median_clicks: clicks }) =>
    count === 0
      ? "aún no hay objetos."
      : `${objects(count)}, ${number.format(seconds)} s y ${number.format(clicks)} clics cada uno (mediana).`,
  effortShort: ({ objects: count, median_seconds: seconds, median_clicks: clicks }) =>
    `${count} × ${number.format(seconds)} s, ${number.format(clicks)} clics`,
  effortTitle: "Objetos de esta visita, con la mediana de segundos y clics",
  effortNote: "Cada paso con sus segundos: exportación «Timings».",
  togglePhotos: "Lista de fotos",
  togglePanel: "Etiquetas, objetos, vista",
};

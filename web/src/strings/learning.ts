// Texts of learning while one labels, in every language of the page.

const digits = (language: string) => {
  const format = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return (value: number) => format.format(value);
};
const [enNumber, deNumber, esNumber, zhNumber] = [digits("en"), digits("de"), digits("es"), digits("zh")];

const en = {
  title: "Learning",
  turn: "Learn from what I accept",
  missing: {
    extra: "Learning needs PyTorch: pip install 'iog[train]', then start iog annotate again.",
    model: "Only lite models learn from what you accept; start iog annotate with --model lite.",
  },
  running: (label: string, share: number) => `Learning ${label}: ${Math.round(share * 100)} %`,
  paused: "Paused while you click.",
  learned: (label: string, objects: number, before: number, after: number) =>
    `Learned from ${objects} × ${label}: clicks per ${label} ${enNumber(before)} → ${enNumber(after)}.`,
  vain: (label: string, objects: number) => `Tried ${objects} × ${label}: no better, so nothing changed. It tries again with more.`,
  now: (label: string) => `Learn ${label} now`,
  stop: "Stop",
  back: (name: string) => `Go back to ${name}`,
  first: "the first model",
  models: (count: number) => `Models (${count})`,
  use: (name: string) => `Use ${name}`,
  used: "in use",
  nameOf: (name: string) => `Name of ${name}`,
  download: (name: string) => `Download ${name}`,
  remove: (name: string) => `Delete ${name}`,
  chart: (label: string, count: number, first: number, last: number) =>
    `Clicks of the last ${count} × ${label}: at first ${enNumber(first)}, now ${enNumber(last)}`,
};

export type LearningTexts = typeof en;

const de: LearningTexts = {
  title: "Lernen",
  turn: "Aus dem lernen, was ich annehme",
  missing: {
    extra: "Um aus Angenommenem zu lernen, braucht es PyTorch: pip install 'iog[train]', dann iog annotate neu starten.",
    model: "Nur lite-Modelle lernen aus Angenommenem; iog annotate mit --model lite starten.",
  },
  running: (label, share) => `Lernt ${label}: ${Math.round(share * 100)} %`,
  paused: "Wartet, während geklickt wird.",
  learned: (label, objects, before, after) =>
    `Aus ${objects} × ${label} gelernt: Klicks je ${label} ${deNumber(before)} → ${deNumber(after)}.`,
  vain: (label, objects) => `${objects} × ${label} versucht: nicht besser, also bleibt alles. Mit mehr wird es wieder versucht.`,
  now: (label) => `${label} jetzt lernen`,
  stop: "Anhalten",
  back: (name) => `Zurück zu ${name}`,
  first: "dem ersten Modell",
  models: (count) => `Modelle (${count})`,
  use: (name) => `${name} benutzen`,
  used: "in Gebrauch",
  nameOf: (name) => `Name von ${name}`,
  download: (name) => `${name} herunterladen`,
  remove: (name) => `${name} löschen`,
  chart: (label, count, first, last) =>
    `Klicks der letzten ${count} × ${label}: anfangs ${deNumber(first)}, jetzt ${deNumber(last)}`,
};

const es: LearningTexts = {
  title: "Aprender",
  turn: "Aprender de lo que acepto",
  missing: {
    extra: "Para aprender de lo aceptado hace falta PyTorch: pip install 'iog[train]', y volver a iniciar iog annotate.",
    model: "Solo los modelos lite aprenden de lo aceptado; inicie iog annotate con --model lite.",
  },
  running: (label, share) => `Aprendiendo ${label}: ${Math.round(share * 100)} %`,
  paused: "Espera mientras usted hace clic.",
  learned: (label, objects, before, after) =>
    `Aprendió de ${objects} × ${label}: clics por ${label} ${esNumber(before)} → ${esNumber(after)}.`,
  vain: (label, objects) => `Probó con ${objects} × ${label}: no mejora, nada cambió. Lo intentará con más.`,
  now: (label) => `Aprender ${label} ahora`,
  stop: "Parar",
  back: (name) => `Volver a ${name}`,
  first: "el primer modelo",
  models: (count) => `Modelos (${count})`,
  use: (name) => `Usar ${name}`,
  used: "en uso",
  nameOf: (name) => `Nombre de ${name}`,
  download: (name) => `Descargar ${name}`,
  remove: (name) => `Borrar ${name}`,
  chart: (label, count, first, last) =>
    `Clics de los últimos ${count} × ${label}: al principio ${esNumber(first)}, ahora ${esNumber(last)}`,
};

const zh: LearningTexts = {
  title: "学习",
  turn: "从我接受的对象中学习",
  missing: {
    extra: "要从已接受的对象中学习，需要 PyTorch：pip install 'iog[train]'，然后重新启动 iog annotate。",
    model: "只有 lite 模型能从已接受的对象中学习；请用 --model lite 启动 iog annotate。",
  },
  running: (label, share) => `正在学习“${label}”：${Math.round(share * 100)} %`,
  paused: "您点击时它会等待。",
  learned: (label, objects, before, after) =>
    `已从 ${objects} 个“${label}”中学习：每个的点击数 ${zhNumber(before)} → ${zhNumber(after)}。`,
  vain: (label, objects) => `用 ${objects} 个“${label}”试过：没有更好，因此没有改变。有更多时再试。`,
  now: (label) => `现在学习“${label}”`,
  stop: "停止",
  back: (name) => `回到${name}`,
  first: "最初的模型",
  models: (count) => `模型（${count}）`,
  use: (name) => `使用 ${name}`,
  used: "使用中",
  nameOf: (name) => `${name} 的名称`,
  download: (name) => `下载 ${name}`,
  remove: (name) => `删除 ${name}`,
  chart: (label, count, first, last) =>
    `最近 ${count} 个“${label}”的点击数：起初 ${zhNumber(first)}，现在 ${zhNumber(last)}`,
};

export const learningTexts: Record<string, LearningTexts> = { en, de, es, zh };

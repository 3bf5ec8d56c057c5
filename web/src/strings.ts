// The page's texts in the browser's language, or else in English.

import { de } from "./strings/de";
import { en, type Texts } from "./strings/en";
import { es } from "./strings/es";
import { zh } from "./strings/zh";

const LANGUAGES: Record<string, Texts> = { en, de, es, zh };

export const strings: Texts =
  navigator.languages.map((language) => LANGUAGES[language.split("-")[0]!]).find((texts) => texts !== undefined) ?? en;
document.documentElement.lang = strings.language;

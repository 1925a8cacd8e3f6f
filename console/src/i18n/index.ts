// The words of the page, in the reader's language. A language is two files, like `en.ts` and `en-staff.ts`; the compiler misses no word of it.
import { computed, effect, signal } from '@preact/signals';
import { de } from './de';
import { en } from './en';

const LANGUAGES = { en, de };

export type Words = typeof en;
export type Language = keyof typeof LANGUAGES;
export const languages = Object.keys(LANGUAGES) as Language[];

const KEPT = 'courtside-language';

export const language = signal<Language>(preferred());
/** For numbers and times: the reader's own kind of that language, if there is one (British people count to 24). */
export const locale = computed(
  () => navigator.languages.find((it) => it.split('-')[0] === language.value) ?? language.value,
);
const words = computed(() => LANGUAGES[language.value]);

/** Read in a component, it shows the component anew when another language is chosen. */
export function t(): Words {
  return words.value;
}

effect(() => {
  document.documentElement.lang = language.value;
});

export function choose(it: Language): void {
  localStorage.setItem(KEPT, it);
  language.value = it;
}

function preferred(): Language {
  const wanted = [localStorage.getItem(KEPT) ?? '', ...navigator.languages];
  const known = wanted.map((it) => languages.find((known) => it.split('-')[0] === known));
  return known.find((it) => it !== undefined) ?? 'en';
}

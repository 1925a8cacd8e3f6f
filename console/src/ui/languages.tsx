import { type Language, choose, language, languages, t } from '../i18n';

export function Languages() {
  return (
    <label class="languages">
      <span class="unseen">{t().language}</span>
      <select value={language.value} onChange={(it) => choose(it.currentTarget.value as Language)}>
        {languages.map((it) => (
          <option key={it} value={it} lang={it}>
            {new Intl.DisplayNames(it, { type: 'language' }).of(it)}
          </option>
        ))}
      </select>
    </label>
  );
}

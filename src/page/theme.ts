// Light or dark: as the system has it, until somebody says otherwise.
import { setAll, setText } from './dom.ts';

const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];
const KEY = 'fingerpost-theme';

/** Where nothing may be kept, it is not: the page works without. */
function kept(): Theme {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'auto';
  } catch {
    return 'auto';
  }
}

function keep(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Then it lasts as long as the page.
  }
}

const SIGNS: Readonly<Record<Theme, string>> = { auto: '◐', light: '☀', dark: '☾' };

export function startTheme(button: HTMLElement): void {
  let theme = kept();
  const show = () => {
    setAll(document.documentElement, { 'data-theme': theme === 'auto' ? undefined : theme });
    setText(button, SIGNS[theme]);
    const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    setAll(button, { 'aria-label': `Colours: ${theme}. Change to ${next}`, title: `Colours: ${theme}` });
  };
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
    keep(theme);
    show();
  });
  show();
}

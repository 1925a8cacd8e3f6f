// A question before something that is hard to take back. The browser's own dialog: it keeps the focus, and Escape is no.
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';

interface Question {
  title: string;
  text: string;
  yes: string;
  answer: (yes: boolean) => void;
}

const asked = signal<Question | undefined>(undefined);

export function ask(title: string, text: string, yes: string): Promise<boolean> {
  return new Promise((answer) => (asked.value = { title, text, yes, answer }));
}

export function Ask() {
  const dialog = useRef<HTMLDialogElement>(null);
  const question = asked.value;
  useEffect(() => {
    if (question) dialog.current?.showModal();
  }, [question]);
  if (!question) return null;
  const answer = (yes: boolean) => {
    dialog.current?.close();
    asked.value = undefined;
    question.answer(yes);
  };
  return (
    <dialog ref={dialog} aria-labelledby="ask-title" onCancel={() => answer(false)}>
      <h2 id="ask-title">{question.title}</h2>
      <p>{question.text}</p>
      <div class="actions">
        <button type="button" class="danger" onClick={() => answer(true)}>
          {question.yes}
        </button>
        <button type="button" onClick={() => answer(false)}>
          {t().never_mind}
        </button>
      </div>
    </dialog>
  );
}

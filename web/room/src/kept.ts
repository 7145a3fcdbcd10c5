/** What was typed and not sent: kept in the tab, so that a page that is loaded anew, or in another language, has it still. */

type Field = HTMLInputElement | HTMLTextAreaElement;

const PREFIX = 'muster kept ';

/** Keeps what is typed into each field that names a `data-keep`, and puts it into those that came empty. */
export function keepTyped(page: ParentNode, storage: Pick<Storage, 'getItem' | 'setItem'>): void {
  for (const field of page.querySelectorAll<Field>('[data-keep]')) {
    const name = PREFIX + field.dataset.keep;
    if (field.value === '') field.value = storage.getItem(name) ?? '';
    field.addEventListener('input', () => storage.setItem(name, field.value));
  }
}

/** Sets what a field holds, and what is kept of it. */
export function put(field: Field, value: string): void {
  field.value = value;
  field.dispatchEvent(new Event('input'));
}

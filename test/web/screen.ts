import type { Locator, Page } from 'playwright-core';

/** For a machine that does other things as well; what must be quick says so itself. */
const PATIENCE_MS = 20_000;

/** One person's pane of the demo. */
export class Screen {
  readonly pane: Locator;

  constructor(page: Page, index: number) {
    this.pane = page.locator('.pane').nth(index);
  }

  /** Waits until the contact is shown with this status. */
  async sees(userId: string, status: string, withinMs = PATIENCE_MS): Promise<void> {
    await this.contact(userId, `[data-status="${status}"]`).waitFor({ timeout: withinMs });
  }

  /** Waits until the text is to be read anywhere in the pane. */
  async reads(text: string | RegExp, withinMs = PATIENCE_MS): Promise<void> {
    await this.pane.getByText(text).first().waitFor({ timeout: withinMs });
  }

  /** Waits until the text is to be read beside the contact. */
  async readsOf(userId: string, text: string | RegExp, withinMs = PATIENCE_MS): Promise<void> {
    await this.contact(userId).getByText(text).first().waitFor({ timeout: withinMs });
  }

  /** Waits until the text is to be read nowhere in the pane. */
  async readsNoMore(text: string | RegExp, withinMs = PATIENCE_MS): Promise<void> {
    await this.pane.getByText(text).first().waitFor({ state: 'detached', timeout: withinMs });
  }

  async press(name: string | RegExp): Promise<void> {
    await this.pane.getByRole('button', { name }).click();
  }

  async choose(label: string | RegExp, option: string): Promise<void> {
    await this.pane.getByLabel(label).selectOption(option);
  }

  async types(text: string): Promise<void> {
    await this.pane.getByPlaceholder('Say something').pressSequentially(text, { delay: 20 });
  }

  contact(userId: string, more = ''): Locator {
    return this.pane.locator(`.contact[data-user="${userId}"]${more}`);
  }
}

// What all browsers have in common: their program, and how a page with an address comes about.
export class Browser {
  _program;

  // The number and the home of its processes: see drivers/session.js.
  get session() {
    return this._program.session;
  }

  get folder() {
    return this._program.folder;
  }

  async open(url, options) {
    const page = await this.page(options);
    await page.goTo(url);
    return page;
  }
}

import { fileURLToPath } from 'node:url';
import { App, STRICT_POLICY } from './app.js';
import { openPage } from './browser.js';
import { atEnd } from './cleanup.js';
import { randomFile, temporaryFolder } from './files.js';
import { Relay } from './relay.js';
import { Server } from './server.js';
import { Upload } from './upload.js';

const PAGE = fileURLToPath(new URL('../e2e/page', import.meta.url));

/** Everything one test needs: server, proxy, application, page. Gone when the test is over. */
export class Stage {
  static async set(t, browser, { args = [] } = {}) {
    const stage = new Stage();
    stage.folder = temporaryFolder(t);
    stage.server = await Server.start(t, { storage: `${stage.folder}/storage`, args });
    stage.relay = await Relay.start(t, stage.server.port);
    const folders = { '': PAGE };
    stage.app = await App.start(t, { server: stage.server, folders, policy: STRICT_POLICY });
    stage.page = await openPage(browser, stage.app.url);
    atEnd(t, () => stage.page.context().close());
    await stage.page.waitForFunction(() => window.incoming !== undefined);
    await stage.page.evaluate((host) => incoming.set_server_hostname(host), stage.relay.host);
    return stage;
  }

  file(name, size) {
    return randomFile(this.folder, name, size);
  }

  /** An upload of each file, not started yet. */
  async uploads(files, options = {}) {
    await this.page.setInputFiles(
      '#files',
      files.map((file) => file.path),
    );
    return Promise.all(files.map((file, number) => this.#make(file, number, options)));
  }

  async upload(file, options) {
    const [upload] = await this.uploads([file], options);
    return upload;
  }

  async #make(file, fileNumber, options) {
    const ticket = await this.app.newTicket();
    const number = await this.page.evaluate(
      ([ticket, fileNumber, options]) => makeUpload(ticket, fileNumber, options),
      [ticket, fileNumber, options],
    );
    return new Upload(this.page, number, ticket, file);
  }
}

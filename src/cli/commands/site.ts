import type { CliCommand } from '../command.js';
import { siteText } from '../views/site-view.js';

export const site: CliCommand = {
  name: 'site',
  summary: 'show what the site offers: nodes, gateways, external ports, images',
  text: `What a request can name. Use availability for what is free.`,
  examples: ['iris site', 'iris site --json | jq -r .images[]'],
  async run({ client, output }) {
    const answer = await (await client()).getSite({});
    output.result(answer, () => siteText(answer));
  },
};

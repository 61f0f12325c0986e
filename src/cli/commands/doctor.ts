import { CliError } from '../cli-error.js';
import type { CliCommand } from '../command.js';
import { diagnoseNode, type Finding } from '../doctor/diagnose-node.js';
import { exitCodes } from '../exit-codes.js';
import { siteFileOptions, siteFileOptionsFrom } from '../site-file-options.js';
import { renderTable } from '../views/text-table.js';

function findingsText(findings: readonly Finding[]): string {
  const rows = findings.map(({ node, check, level, what }) => [node, check, level, what]);
  const advices = findings.flatMap(({ node, check, advice }) =>
    advice === undefined ? [] : [`${node}, ${check}: ${advice}`],
  );
  const table = renderTable(['node', 'check', '', 'found'], rows);
  return advices.length === 0 ? table : `${table}\n\nWhat to do:\n${advices.map((line) => `  ${line}`).join('\n')}`;
}

export const doctor: CliCommand = {
  name: 'doctor',
  arguments: [['[node]', 'this node only; all of the site file if absent']],
  summary: 'look whether the nodes are fit: libvirt, KVM, switch, tunnels, MTU, clock',
  text: `Reads the site file and looks at the nodes directly, without the service; changes nothing. KVM and
nesting are found out by trying. Exits with 1 when a check failed.`,
  options: siteFileOptions,
  examples: ['iris doctor --config site.yaml', 'iris doctor --config site.yaml n1 --json'],
  async run(context, [node]) {
    const { probes, close } = await context.local.probeNodes(siteFileOptionsFrom(context), node);
    context.output.waiting('looking at the nodes');
    try {
      const findings = (await Promise.all(probes.map((probe) => diagnoseNode(probe)))).flat();
      context.output.result({ findings }, () => findingsText(findings));
      if (findings.some(({ level }) => level === 'fail')) throw new CliError(exitCodes.refused, '', { silent: true });
    } finally {
      await close();
    }
  },
};

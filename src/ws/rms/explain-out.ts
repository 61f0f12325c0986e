/** The way of a frame, from the domain's words to the wire's. */
import type { ExplainView } from '../../domain/ports/provider.js';
import type { RmsResponse } from '../../wire/rms/types.js';

export const fromExplained = ({ steps, ...explained }: ExplainView): RmsResponse<'explain'> => ({
  ...explained,
  steps: steps.map(({ rules, ...step }) => ({
    ...step,
    rules: rules.map((rule) => ({
      ...rule,
      viNumber: rule.viNumber === undefined ? undefined : String(rule.viNumber),
    })),
  })),
});

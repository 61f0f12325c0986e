/**
 * The site file: everything an operator says about one data centre. This schema is its documentation, its defaults and its
 * check; unknown keys are refused. Paths are relative to the file's folder; `${NAME}` in a secret is taken from the environment.
 */
import { siteRules } from './site-rules.js';
import { type Site, siteShape } from './site-shape.js';

export const siteFileSchema = siteShape.superRefine((site, context) => {
  for (const rule of Object.values(siteRules))
    for (const { path, message } of rule(site)) context.addIssue({ code: 'custom', path, message });
});

export type { Site };
export type SiteNode = Site['nodes'][number];
export type SiteImage = Site['images'][number];
export type SiteTenant = Site['tenants'][number];

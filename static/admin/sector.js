// Where judges come from.

import { t } from '../lib/i18n.js';

/** The sources of judges, as contest.Sectors has them, each with the key of its text. */
export const SECTORS = [['高校', 'university'], ['科研院所', 'institute'], ['投融资机构', 'investor'], ['行业协会', 'association'], ['大型企业', 'company']];

/** The source of a judge, in words. @param {string} sector */
export function sectorText(sector) {
  const x = SECTORS.find((s) => s[0] === sector);
  return x ? t('sector.' + x[1]) : sector;
}

/*
 * Tells what happens without a mechanism, with what each place holds; of all whose words contain what is asked for.
 *
 *   node --conditions=@larder/source --import tsx scripts/protocol-story.ts lease
 */
import { parts } from '../test/protocol/parts.ts'
import { explored, story } from '../test/protocol/run.ts'

const wanted = process.argv[2] ?? ''
for (const run of parts.flatMap(({ lacking }) => lacking)) {
  if (!run.what.includes(wanted)) continue
  const { trouble } = explored(run)
  console.log(`\nWithout: ${run.what}\n\n${trouble === undefined ? 'nothing breaks' : story(trouble)}`)
}

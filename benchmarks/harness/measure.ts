/*
 * One question that is answered by counting, in a process of its own:
 *
 *   node --expose-gc --import tsx harness/measure.ts <question> <full|quick>
 *
 * Writes its cases to the standard output, as JSON.
 */
import { measures } from '../questions/measures.ts'
import { assertBuilt } from './versions.ts'

assertBuilt()
const [name, named = 'full'] = process.argv.slice(2)
const measure = measures.find((each) => each.name === name)
if (measure === undefined) throw new Error(`nothing that is counted is called ${String(name)}`)
process.stdout.write(JSON.stringify(await measure.cases(named === 'quick')), () => process.exit(0))

/*
 * Says which server is found.
 */
import { findServer, type ServerName } from '@larder/testing/servers'

const wish = process.argv[2] as ServerName | ''
const { program, version, file } = await findServer(wish === '' ? undefined : wish)
console.log(`${program} ${version} ${file}`)

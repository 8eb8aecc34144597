// n8n's own scanner rules over an unpacked package: node scan.mjs FOLDER
import { analyzePackage } from '@n8n/scan-community-package/scanner/scanner.mjs';

const { passed, message, details } = await analyzePackage(process.argv[2]);
process.stdout.write(passed ? '' : `${message}\n${details ?? ''}`);
process.exitCode = passed ? 0 : 1;

"""Prints a credential class."""

from codegen.product import JoinedCredential
from codegen.typescript import literal


def credential_source(credential: JoinedCredential, head: str, documentation_url: str) -> str:
    """The `.credentials.ts` file; `head` is its first line."""
    icon = {"light": "file:threeCx.svg", "dark": "file:threeCx.dark.svg"}
    properties = literal([one.rendered() for one in credential.properties], 1)
    return _SOURCE.format(
        head=head,
        class_name=credential.class_name,
        name=literal(credential.name),
        display_name=literal(credential.look.display_name),
        icon=literal(icon, 1),
        url=literal(documentation_url),
        properties=properties,
    )


_SOURCE = """\
{head}
import type {{
	ICredentialDataDecryptedObject,
	ICredentialType,
	IHttpRequestOptions,
	INodeProperties,
}} from 'n8n-workflow';
import {{ authenticated }} from '../nodes/n8n/runtime/login';

export class {class_name} implements ICredentialType {{
	name = {name};

	displayName = {display_name};

	icon = {icon} as const;

	documentationUrl = {url};

	properties: INodeProperties[] = {properties};

	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		requestOptions: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {{
		return authenticated(credentials, requestOptions);
	}}
}}
"""

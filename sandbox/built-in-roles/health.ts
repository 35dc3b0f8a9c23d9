/** The data roles of FHIR and DICOM (fact base 3.1). */
import type { BuiltInRole } from './role.ts';

const services = 'Microsoft.HealthcareApis/services/fhir/resources';
const workspaces = 'Microsoft.HealthcareApis/workspaces/fhirservices/resources';
const dicom = 'Microsoft.HealthcareApis/workspaces/dicomservices/resources';
/** The same actions of FHIR resources on both products. */
function onBoth(...actions: readonly string[]): readonly string[] {
  return [services, workspaces].flatMap((prefix) => actions.map((action) => `${prefix}/${action}`));
}

export const healthRoles: readonly BuiltInRole[] = [
  {
    id: '5a1fc7df-4bf1-4951-a576-89034ee01acd',
    name: 'FHIR Data Contributor',
    description: 'Role allows user or principal full access to FHIR Data',
    dataActions: onBoth('*'),
    notDataActions: onBoth('smart/action'),
  },
  {
    id: '3f88fce4-5892-4214-ae73-ba5294559913',
    name: 'FHIR Data Writer',
    description: 'Role allows user or principal to read and write FHIR Data',
    dataActions: onBoth(
      'read',
      'write',
      'delete',
      'export/action',
      'resourceValidate/action',
      'reindex/action',
      'convertData/action',
      'editProfileDefinitions/action',
      'import/action',
    ),
  },
  {
    id: '4c8d0bbc-75d3-4935-991f-5f3c56d81508',
    name: 'FHIR Data Reader',
    description: 'Role allows user or principal to read FHIR Data',
    dataActions: onBoth('read'),
  },
  {
    id: '3db33094-8700-4567-8da5-1501d4e7e843',
    name: 'FHIR Data Exporter',
    description: 'Role allows user or principal to read and export FHIR Data',
    dataActions: onBoth('read', 'export/action'),
  },
  {
    id: '4465e953-8ced-4406-a58e-0f6e3f3b530b',
    name: 'FHIR Data Importer',
    description: 'Role allows user or principal to read and import FHIR Data',
    dataActions: [`${workspaces}/read`, `${workspaces}/import/action`],
  },
  {
    id: 'a1705bd2-3a8f-45a5-8683-466fcfd5cc24',
    name: 'FHIR Data Converter',
    description: 'Role allows user or principal to convert data from legacy format to FHIR',
    dataActions: onBoth('convertData/action'),
  },
  {
    id: '4ba50f17-9666-485c-a643-ff00808643f0',
    name: 'FHIR SMART User',
    description: 'Role allows user to access FHIR Service according to SMART on FHIR specification',
    dataActions: onBoth('read', 'smart/action'),
  },
  {
    id: '804db8d3-32c7-4ad4-a975-3f6f90d5f5f5',
    name: 'FHIR Data Bulk Operator',
    description: 'Role allows user or principal to perform bulk operations on FHIR Data',
    dataActions: onBoth(
      'read',
      'write',
      'delete',
      'export/action',
      'reindex/action',
      'import/action',
      'hardDelete/action',
      'bulkOperator/action',
    ),
  },
  {
    id: '58a3b984-7adf-4c20-983a-32417c86fbc8',
    name: 'DICOM Data Owner',
    description: 'Full access to DICOM data.',
    dataActions: [`${dicom}/*`],
  },
  {
    id: 'e89c7a3c-2f64-4fa1-a847-3e4c9ba4283a',
    name: 'DICOM Data Reader',
    description: 'Read and search DICOM data.',
    dataActions: [`${dicom}/read`],
  },
];

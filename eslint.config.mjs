import js from '@eslint/js';
import jupyterPlugin from '@jupyter/eslint-plugin';
import prettierRecommended from 'eslint-plugin-prettier/recommended';
import reactHooks from 'eslint-plugin-react-hooks';
import { defineConfig, globalIgnores } from 'eslint/config';
import globals from 'globals';
import tseslint from 'typescript-eslint';

// Warnings count as errors (`--max-warnings 0`), tests included.
export default defineConfig([
  globalIgnores([
    '**/node_modules/',
    '**/lib/',
    '**/coverage/',
    '**/*.gen.ts',
    '**/*.d.ts',
    '.venv/',
    'demo/',
    'mlnb/',
    'ui-tests/test-results/',
    'ui-tests/playwright-report/'
  ]),
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [
      js.configs.recommended,
      tseslint.configs.recommended,
      jupyterPlugin.configs.recommended
    ],
    plugins: { jupyter: jupyterPlugin, 'react-hooks': reactHooks },
    languageOptions: {
      globals: { ...globals.browser },
      parserOptions: {
        project: 'tsconfig.eslint.json',
        tsconfigRootDir: import.meta.dirname,
        sourceType: 'module'
      }
    },
    rules: {
      '@typescript-eslint/naming-convention': [
        'error',
        {
          selector: 'interface',
          format: ['PascalCase'],
          custom: { regex: '^I[A-Z]', match: true }
        }
      ],
      '@typescript-eslint/no-unused-vars': ['error', { args: 'none' }],
      '@typescript-eslint/no-namespace': 'off',
      '@typescript-eslint/no-floating-promises': 'error',
      curly: ['error', 'all'],
      eqeqeq: 'error',
      'prefer-arrow-callback': 'error',
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error'
    }
  },
  {
    files: ['**/__tests__/**', '**/testing/**'],
    languageOptions: { globals: { ...globals.jest } },
    rules: {
      // A fixture may be written in plain words.
      'jupyter/no-untranslated-string': 'off',
      'jupyter/prefer-lazy-imports': 'off'
    }
  },
  {
    // Plain Playwright: these hosts are not Galata's.
    files: ['ui-tests/hosts/**'],
    rules: { 'jupyter/galata-prefer-menu-helper': 'off' }
  },
  {
    // Lab is one host among several: components know nothing of it.
    files: ['ui/src/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['@jupyterlab/*', '@lumino/*', '@jupyter/*'],
              message: 'Components reach Jupyter only through the host.'
            }
          ]
        }
      ]
    }
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    extends: [js.configs.recommended],
    languageOptions: { globals: { ...globals.node, ...globals.browser } }
  },
  prettierRecommended
]);

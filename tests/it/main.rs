mod ledger_contract;
mod ledger_crash;

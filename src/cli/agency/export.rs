//! The file of a post-audit case on disk: the firm, its lists and what happened to them, their documents, and proofs.

use super::case::{case_fields, list_fields};
use super::{Client, failed};
use crate::cli::json as render;
use crate::cli::proof::Line;
use crate::cli::record::keys_json;
use crate::pb::v1;
use anyhow::{Context, anyhow};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Lists looked through for one page.
const PAGE_LISTS: i32 = 200;

/// What a file holds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) lists: usize,
    pub(super) waybills: usize,
    pub(super) documents: usize,
    pub(super) proofs: usize,
}

/// One file of the folder.
struct Rows {
    path: PathBuf,
    file: std::io::BufWriter<std::fs::File>,
}

impl Rows {
    fn create(folder: &Path, name: &str) -> anyhow::Result<Rows> {
        let path = folder.join(name);
        let file = std::fs::File::create(&path).with_context(|| problem(&path))?;
        Ok(Rows { path, file: std::io::BufWriter::new(file) })
    }

    fn line(&mut self, line: &str) -> anyhow::Result<()> {
        writeln!(self.file, "{line}").with_context(|| problem(&self.path))
    }

    fn end(mut self) -> anyhow::Result<()> {
        self.file.flush().with_context(|| problem(&self.path))
    }
}

fn problem(path: &Path) -> String {
    format!("cannot write {} · 无法写入", path.display())
}

/// The folder while it is written. All proofs are of the tree of one checkpoint: that of the first page.
struct CaseFile<'a> {
    client: &'a Client,
    lists: Rows,
    waybills: Rows,
    proofs: Rows,
    /// `None` if documents are left out.
    documents: Option<Rows>,
    entries: u64,
    note: String,
    key: bytes::Bytes,
    /// Positions of entries that were proved, ids of documents that were written.
    proved: BTreeSet<u64>,
    written: BTreeSet<String>,
    counts: Counts,
}

impl CaseFile<'_> {
    async fn list(&mut self, list: &v1::AuditList) -> anyhow::Result<()> {
        self.lists.line(&list_fields(list).to_string())?;
        self.counts.lists = self.counts.lists.saturating_add(1);
        self.proved_document(list).await
    }

    async fn waybill(&mut self, waybill: &v1::AuditList) -> anyhow::Result<()> {
        self.waybills.line(&list_fields(waybill).to_string())?;
        self.counts.waybills = self.counts.waybills.saturating_add(1);
        self.proved_document(waybill).await
    }

    /// Writes the proofs of what happened to a list or waybill, and the document with what belongs to it.
    async fn proved_document(&mut self, list: &v1::AuditList) -> anyhow::Result<()> {
        for proof in list.entries.iter().filter_map(|entry| entry.proof.as_ref()) {
            self.proof(proof)?;
        }
        if self.documents.is_some() {
            self.documents_of(list).await?;
        }
        Ok(())
    }

    /// Writes a proof; that of a message or decision on many lists once.
    fn proof(&mut self, proof: &v1::InclusionProof) -> anyhow::Result<()> {
        if self.proved.insert(proof.entry_position) {
            self.proofs.line(&Line::of(proof, &self.note, &self.key).json()?)?;
            self.counts.proofs = self.counts.proofs.saturating_add(1);
        }
        Ok(())
    }

    /// Writes the list itself, its order, payment and waybill, and what else its number leads to, each with its proof.
    async fn documents_of(&mut self, list: &v1::AuditList) -> anyhow::Result<()> {
        let keys = list.keys.clone().unwrap_or_default();
        let numbers = [&keys.invt_no, &keys.pre_no, &keys.order_no, &keys.logistics_no];
        let number = numbers.into_iter().find(|number| !number.is_empty());
        let mut ids = vec![list.document_id.clone()];
        let mut request = v1::TraceRequest { key: number.cloned().unwrap_or_default(), ..Default::default() };
        while !request.key.is_empty() {
            let page = self.client.declarations().trace(request.clone()).await.map_err(failed)?.into_inner();
            ids.extend(page.documents.into_iter().map(|document| document.document_id));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        for id in ids {
            if self.written.insert(id.clone()) {
                self.document(list, id).await?;
            }
        }
        Ok(())
    }

    async fn document(&mut self, list: &v1::AuditList, id: String) -> anyhow::Result<()> {
        let name = Some(v1::get_document_request::Name::DocumentId(id));
        let request = v1::GetDocumentRequest { name, ..Default::default() };
        let found = match self.client.declarations().get_document(request).await {
            Ok(answer) => answer.into_inner().document.unwrap_or_default(),
            // Of another office.
            Err(status) if status.code() == tonic::Code::NotFound => return Ok(()),
            Err(status) => return Err(failed(status)),
        };
        let row = json!({
            "document_id": found.document_id, "list": list.document_id, "message_type": found.message_type,
            "keys": keys_json(found.keys.as_ref()), "status": found.status,
            "time": render::time_value(found.time.as_ref()), "receipt_id": found.receipt_id,
            "xml": String::from_utf8_lossy(&found.xml),
        });
        if let Some(documents) = &mut self.documents {
            documents.line(&row.to_string())?;
            self.counts.documents = self.counts.documents.saturating_add(1);
        }
        let position = crate::receipt::position_of(&found.receipt_id).map(|position| position.0);
        if position.is_none_or(|position| self.proved.contains(&position)) {
            return Ok(());
        }
        let (receipt_id, entries) = (found.receipt_id, self.entries);
        let request = v1::GetInclusionProofRequest { receipt_id, entries, ..Default::default() };
        match self.client.ledger().get_inclusion_proof(request).await {
            Ok(answer) => answer.into_inner().proof.map_or(Ok(()), |proof| self.proof(&proof)),
            // It came after the checkpoint.
            Err(status) if status.code() == tonic::Code::InvalidArgument => Ok(()),
            Err(status) => Err(failed(status)),
        }
    }

    /// Ends the files, and writes the one that names them.
    fn end(self, page: v1::GetAuditCaseResponse, folder: &Path) -> anyhow::Result<Counts> {
        self.lists.end()?;
        self.waybills.end()?;
        self.proofs.end()?;
        self.documents.map_or(Ok(()), Rows::end)?;
        let firm = page.firm.map(|firm| {
            json!({
                "code": firm.code, "name": firm.name, "roles": firm.roles, "aliases": firm.aliases,
                "active": firm.active,
            })
        });
        let case = page.case.as_ref().map_or(Value::Null, case_fields);
        let proof = "proofs.jsonl leads from the entries of the lists and documents to the checkpoint below: swx proof \
                     verify proofs.jsonl · proofs.jsonl 可用 swx proof verify 离线验证";
        let counts = self.counts;
        let all = json!({
            "case": case, "firm": firm, "credit_grade": page.credit_grade, "lists": counts.lists,
            "waybills": counts.waybills, "documents": counts.documents, "proofs": counts.proofs, "proof": proof, "signed_note": self.note,
            "public_key": render::hex(&self.key),
        });
        let path = folder.join("case.json");
        std::fs::write(&path, format!("{all:#}\n")).with_context(|| problem(&path))?;
        Ok(counts)
    }
}

/// Writes the file of a case, a page at a time. The folder must not be there.
pub(super) async fn export(client: &Client, id: u64, folder: &Path, with_documents: bool) -> anyhow::Result<Counts> {
    let mut request = v1::GetAuditCaseRequest { case_id: id, page_size: PAGE_LISTS, ..Default::default() };
    let mut page = client.agencies().get_audit_case(request.clone()).await.map_err(failed)?.into_inner();
    if page.signed_note.is_empty() {
        return Err(anyhow!("the server answered without a checkpoint · 服务器未给出检查点"));
    }
    std::fs::create_dir(folder).with_context(|| problem(folder))?;
    let mut file = CaseFile {
        client,
        lists: Rows::create(folder, "lists.jsonl")?,
        waybills: Rows::create(folder, "waybills.jsonl")?,
        proofs: Rows::create(folder, "proofs.jsonl")?,
        documents: if with_documents { Some(Rows::create(folder, "documents.jsonl")?) } else { None },
        entries: page.entries,
        note: std::mem::take(&mut page.signed_note),
        key: std::mem::take(&mut page.public_key),
        proved: BTreeSet::new(),
        written: BTreeSet::new(),
        counts: Counts::default(),
    };
    request.entries = page.entries;
    loop {
        for list in &page.lists {
            file.list(list).await?;
        }
        for waybill in &page.waybills {
            file.waybill(waybill).await?;
        }
        if page.next_page_token.is_empty() {
            return file.end(page, folder);
        }
        request.page_token = page.next_page_token;
        page = client.agencies().get_audit_case(request.clone()).await.map_err(failed)?.into_inner();
    }
}
